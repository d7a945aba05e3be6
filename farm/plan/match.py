"""What the songs are matched to, and how each takes part."""

from collections.abc import Sequence

from farm.manifest.models import Manifest
from farm.manifest.song import Song
from farm.manifest.target import References, Target
from farm.plan.inputs import Inputs
from farm.plan.match_spec import DynamicsSpec, FrozenSpec, MatchSpec, ReferenceSpec, SongMatchSpec, ToneSpec, WidthSpec
from farm.plan.sequence import Run, find_joined


def match_spec(manifest: Manifest, runs: Sequence[Run], inputs: Inputs, frozen: FrozenSpec | None = None) -> MatchSpec:
    """Return the matching of an album; reference files are hashed."""
    target, songs = manifest.target, manifest.songs
    measured = target.loudness_lufs == "reference"
    return MatchSpec(
        loudness_lufs=0.0 if target.loudness_lufs == "reference" else target.loudness_lufs,
        loudness_mode=target.loudness_mode,
        loudness_measure=target.loudness_measure,
        loudness_references=_references(target.reference, inputs) if measured else (),
        max_short_term_lufs=target.max_short_term_lufs,
        max_spread_lu=target.max_spread_lu,
        tone=_tone(target, inputs),
        width=_width(target, inputs),
        dynamics=_dynamics(target, inputs),
        songs=tuple(_song(number, run, songs, target) for run in runs for number in run),
        frozen=frozen,
    )


def _song(number: int, run: Run, songs: Sequence[Song], target: Target) -> SongMatchSpec:
    match = songs[number - 1].match
    stretch = next(stretch for stretch in find_joined(run, songs) if number in stretch)

    def amount(own: float | None, of_album: float) -> float:
        return of_album if own is None else own

    return SongMatchSpec(
        offset_lu=match.offset_lu,
        level=amount(match.level, target.level_amount),
        tone=amount(match.tone, target.tone.amount if target.tone else 0.0),
        width=amount(match.width, target.width.amount if target.width else 0.0),
        dynamics=amount(match.dynamics, target.dynamics.amount if target.dynamics else 0.0),
        in_average=match.in_average,
        joined=stretch[0] if len(stretch) > 1 else None,
        run=run[0] if len(run) > 1 else None,
    )


def _tone(target: Target, inputs: Inputs) -> ToneSpec | None:
    tone = target.tone
    if tone is None:
        return None
    return ToneSpec(
        references=_references(tone.reference, inputs),
        max_boost_db=tone.max_db if tone.max_boost_db is None else tone.max_boost_db,
        max_cut_db=tone.max_db if tone.max_cut_db is None else tone.max_cut_db,
        low_hz=tone.low_hz,
        high_hz=tone.high_hz,
        smoothing_octaves=tone.smoothing_octaves,
    )


def _width(target: Target, inputs: Inputs) -> WidthSpec | None:
    width = target.width
    return None if width is None else WidthSpec(_references(width.reference, inputs), width.max_db, width.low_hz)


def _dynamics(target: Target, inputs: Inputs) -> DynamicsSpec | None:
    dynamics = target.dynamics
    return None if dynamics is None else DynamicsSpec(_references(dynamics.reference, inputs), dynamics.max_db)


def _references(references: References | None, inputs: Inputs) -> tuple[ReferenceSpec, ...]:
    listed = references if isinstance(references, list) else []
    return tuple(
        ReferenceSpec(inputs.spec(each.file), each.weight, each.from_seconds, each.to_seconds) for each in listed
    )
