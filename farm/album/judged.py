"""What a verdict is made of: the facts of a finished song, and the findings that come of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from farm.records import Measurement

LOUDNESS_TOLERANCE_LU = 0.1
"""How far a finished song may be from the loudness that the album decided for it."""

Aspect = Literal[
    "loudness",
    "short-term",
    "ceiling",
    "limiting",
    "tone",
    "width",
    "dynamics",
    "codec",
    "edges",
    "stereo",
    "dc",
    "translation",
]

Status = Literal["ok", "warn", "missed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a song was judged by: what was asked for, what it came to, and why it is not that.

    `asked` is an aim, or a limit for aspects that have one; None if nothing was asked. `reached` is None if the song
    has no such figure. `subject` says of what the aspect is, where there are several: a file, a channel, an end.
    """

    aspect: Aspect
    status: Status
    asked: float | None
    reached: float | None
    unit: str
    why: str | None = None
    subject: str | None = None


def worst_status(findings: Iterable[Finding]) -> Status:
    """Return the status of a song with these findings."""
    found = {finding.status for finding in findings}
    return "missed" if "missed" in found else "warn" if "warn" in found else "ok"


@dataclass(frozen=True, slots=True)
class LimiterFacts:
    """What the limiter did: `gain_db` in front of it, `clipped_db` what the soft clipper took off at most."""

    gain_db: float
    max_reduction_db: float
    mean_reduction_db: float = 0.0
    clipped_db: float = 0.0


@dataclass(frozen=True, slots=True)
class CurveFacts:
    """How a song's tone or width was led to what is aimed at: dB a band of LTAS_BANDS_HZ before and after bounds and
    rounding, and the song's distance from the aim before and after (rms over the bands that are matched)."""

    asked_db: tuple[float, ...]
    applied_db: tuple[float, ...]
    distance_before_db: float
    distance_after_db: float


@dataclass(frozen=True, slots=True)
class RangeFacts:
    """How a song's loudness range was led to what is aimed at: the range asked for before bounds and rounding, the
    factor that was applied to it, and the most that the level was moved for it."""

    asked_lu: float
    applied_factor: float
    max_db: float


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """What a lossy file decodes to; `backed_off_db` is how much lower the song was limited to keep its ceiling, and
    `lowered_db` by how much it was turned down for it in the end."""

    name: str
    ceiling_dbtp: float
    integrated_lufs: float | None
    true_peak_dbtp: float | None
    backed_off_db: float = 0.0
    lowered_db: float = 0.0


@dataclass(frozen=True, slots=True)
class EdgeFacts:
    """How a finished song begins and ends: seconds of silence, and the step of a click, None if there is none. An end
    is open where another song goes on from it: there nothing is judged."""

    head_silence_seconds: float = 0.0
    tail_silence_seconds: float = 0.0
    head_click_dbfs: float | None = None
    tail_click_dbfs: float | None = None
    head_open: bool = False
    tail_open: bool = False


@dataclass(frozen=True, slots=True)
class StereoFacts:
    """`correlation` of left and right is None if one of them is silent; `dc_offset` has one value a channel, linear."""

    correlation: float | None = None
    side_to_mid_db: float | None = None
    dc_offset: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedSong:
    """A song as mastered and as finished, and all that it is judged by.

    `goal_lufs` is the loudness decided for it, of all of it, or of its loudest 3 s if `measure` is `short-term`; None
    where its level was left alone: because that was asked for (`level_asked` is False), or because it has none.
    `unheld_lufs` is what it would have been without a limit on short-term loudness. `in_run` is a song that is finished
    together with others: `run_reached` says whether they reached their common loudness, `joined` whether it is one
    recording with one of them. `has_no_side` is a song that was to be matched in width and has none. What is None was
    not asked for.
    """

    master: Measurement
    finished: Measurement
    goal_lufs: float | None
    ceiling_dbtp: float
    limiter: LimiterFacts
    measure: str = "integrated"
    tolerance_lu: float = LOUDNESS_TOLERANCE_LU
    level_asked: bool = True
    unheld_lufs: float | None = None
    in_run: bool = False
    run_reached: bool = True
    joined: bool = False
    max_short_term_lufs: float | None = None
    max_reduction_db: float | None = None
    over_reduction_fails: bool = False
    tone: CurveFacts | None = None
    width: CurveFacts | None = None
    has_no_side: bool = False
    dynamics: RangeFacts | None = None
    decoded: tuple[DecodedFile, ...] = ()
    edges: EdgeFacts = EdgeFacts()
    stereo: StereoFacts = StereoFacts()
