"""Trials with a lossy encoder: each is decoded and judged by its ceiling and its loudness, and the best one is kept."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from farm.deliver.encode import Encoded, encode_song
from farm.deliver.song_facts import SongFacts
from farm.plan.spec import EncodeSpec
from farm.records import Measurement

MOST_LOST_LU = 0.1
"""How far the decoded file may be from the song's loudness: what the verdict allows it."""

_WORTH_LU = 0.5
"""What limiting has to bring a file that does not reach its loudness: else the song is left as it was mastered."""


@dataclass(frozen=True, slots=True)
class LossySong:
    """What is encoded, raw float32 stereo at `path`, and into what."""

    spec: EncodeSpec
    path: Path
    frames: int
    rate_hz: int
    facts: SongFacts | None
    measured: Measurement

    @property
    def highest_dbtp(self) -> float:
        """Return the song's own peak, or its ceiling if that is lower."""
        own_dbtp = self.measured.true_peak_dbtp
        return self.spec.ceiling_dbtp if own_dbtp is None else min(self.spec.ceiling_dbtp, own_dbtp)


@dataclass(frozen=True, slots=True)
class Trial:
    """An encode of a song that was changed, or not: the decoded file's peak is `over_db` above the ceiling, or that far
    below it; it is `lost_lu` softer than the song, of which the codec took `taken_lu`. 0 LU for what has no loudness.
    """

    encoded: Encoded
    over_db: float
    lost_lu: float
    taken_lu: float
    limited: bool = False

    @property
    def keeps(self) -> bool:
        """Say whether both ceiling and loudness are kept."""
        return self.over_db <= 0.0 and abs(self.lost_lu) <= MOST_LOST_LU

    @property
    def rank(self) -> tuple[int, float]:
        """Return what is smaller the better: what keeps its ceiling by its loudness, what does not by its peak."""
        if self.over_db > 0.0:
            return 2, self.over_db
        return int(not self.keeps), 0.0 if self.keeps else abs(self.lost_lu) + _WORTH_LU * self.limited


class Trials:
    """All trials of a song. Its `best` one lies at `target`, of equal ones the earliest."""

    def __init__(self, song: LossySong, target: Path, first: Encoded) -> None:
        """`first` is what the song itself became, at `target`."""
        self.song, self._target = song, target
        self.first = self.best = _judge(song, first, song.measured.integrated_lufs)
        self.rounds = 1

    def encode(
        self, changed: Path, given_lufs: float | None, *, limited: bool, backed_off_db: float = 0.0, lowered_db: float
    ) -> Trial:
        """Encode the song, changed to a loudness of `given_lufs`, and keep the file if it is the best so far."""
        song, path = self.song, self._target.with_name(self._target.name + ".trial")
        sizes = {"frames": song.frames, "rate_hz": song.rate_hz}
        try:
            encoded = encode_song(song.spec, changed, path, **sizes, exact_bits=None, facts=song.facts)
            encoded = replace(encoded, backed_off_db=backed_off_db, lowered_db=lowered_db)
            trial = _judge(song, encoded, given_lufs, limited=limited)
            if trial.rank < self.best.rank:
                path.replace(self._target)
                self.best = trial
        finally:
            path.unlink(missing_ok=True)
        self.rounds += 1
        return trial


def _judge(song: LossySong, encoded: Encoded, given_lufs: float | None, *, limited: bool = False) -> Trial:
    peak = encoded.true_peak_dbtp
    return Trial(
        encoded,
        -math.inf if peak is None else peak - song.spec.ceiling_dbtp,
        _difference(song.measured.integrated_lufs, encoded.integrated_lufs),
        _difference(given_lufs, encoded.integrated_lufs),
        limited,
    )


def _difference(before_lufs: float | None, after_lufs: float | None) -> float:
    return 0.0 if before_lufs is None or after_lufs is None else before_lufs - after_lufs
