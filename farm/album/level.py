"""Level matching: by how much each song is raised or lowered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from statistics import median

from farm.album.programme import find_programmes
from farm.measure.gating import integrate
from farm.plan.match_spec import MatchSpec, ReferenceSpec, SongMatchSpec
from farm.records import Measurement

_CLOSE_ENOUGH_LU = 0.005
_MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class _Programme:
    """A song, or songs that go on from each other as one recording: they have one loudness and get one gain."""

    numbers: tuple[int, ...]
    settings: SongMatchSpec
    lufs: float
    """By the measure that is asked for."""
    short_term_lufs: float | None
    block_clufs: tuple[int, ...]


def level_gains_db(
    spec: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, float | None]:
    """Return the gain of each song in dB, by its number; None where the level is left alone.

    By mode: `track`: each song has the target's loudness. `loudest`: the loudest song has it and the others keep their
    distances (album normalisation of AES TD1008). `album`: all songs played one after another have it, their gated
    blocks pooled (BS.1770-5 gating over the whole album); measured by short-term loudness that is the highest of all
    songs, hence the same as `loudest`. `none`: nothing is changed.

    In `album` and `loudest`, distances are first evened out as each song's `level` says, towards the median of the
    songs that are not wholly evened out; then outliers are moved to the ends of a range of `max_spread_lu`, which lies
    where songs are moved least, be they raised or lowered. In all modes offsets are added after that: they are meant,
    no outliers, and the target is met with them. A song whose loudest 3 s would be above `max_short_term_lufs` is
    lowered to it, in `album` and `loudest` together with all others.

    Songs out of the average count for none of this, unless all are, and are treated like the others; but where one is
    too loud for `max_short_term_lufs`, it is lowered alone. Joined songs are one programme, with the offset of the
    first and the smallest amount, in the average if one of them is. A programme without loudness (silence, shorter
    than 400 ms, or 3 s for short-term) keeps its level. At least one reference has to have a loudness.
    """
    gains: dict[int, float | None] = dict.fromkeys(songs)
    programmes = list(_programmes(spec, songs))
    if spec.loudness_mode == "none" or not programmes:
        return gains
    target_lufs = aimed_lufs(spec, references)
    match = _match_tracks if spec.loudness_mode == "track" else _match_album
    matched = zip(programmes, match(spec, programmes, target_lufs), strict=True)
    return gains | {number: gain for programme, gain in matched for number in programme.numbers}


def aimed_lufs(spec: MatchSpec, references: Mapping[ReferenceSpec, Measurement]) -> float:
    """Return the loudness aimed at: the target's, or the weighted mean of the references' loudness levels.

    The mean is that of the levels, not of energies: a single loud reference does not drown the others. References
    without a loudness have no say; one has to have one.
    """
    if not spec.loudness_references:
        return spec.loudness_lufs
    measured = [(each.weight, _loudness(spec, (references[each],))) for each in spec.loudness_references]
    heard = [(weight, lufs) for weight, lufs in measured if lufs is not None]
    return fsum(weight * lufs for weight, lufs in heard) / fsum(weight for weight, _ in heard)


def _programmes(spec: MatchSpec, songs: Mapping[int, Measurement]) -> Iterator[_Programme]:
    """Yield what has a loudness, in the order of the album."""
    for members in find_programmes(spec, songs):
        measured = [songs[number] for number in members]
        lufs = _loudness(spec, measured)
        if lufs is not None:
            blocks = tuple(block for song in measured for block in song.block_clufs)
            yield _Programme(members, _common_settings(spec, members), lufs, _highest(measured), blocks)


def _common_settings(spec: MatchSpec, numbers: Sequence[int]) -> SongMatchSpec:
    settings = [spec.song(number) for number in numbers]
    least, counts = min(each.level for each in settings), any(each.in_average for each in settings)
    return replace(settings[0], level=least, in_average=counts)


def _loudness(spec: MatchSpec, songs: Sequence[Measurement]) -> float | None:
    if spec.loudness_measure == "short-term":
        return _highest(songs)
    if len(songs) == 1:
        return songs[0].integrated_lufs
    return integrate(block for song in songs for block in song.block_clufs)


def _highest(songs: Sequence[Measurement]) -> float | None:
    return max((song.max_short_term_lufs for song in songs if song.max_short_term_lufs is not None), default=None)


def _match_tracks(spec: MatchSpec, programmes: Sequence[_Programme], target_lufs: float) -> list[float]:
    gains = [target_lufs + each.settings.offset_lu - each.lufs for each in programmes]
    return [gain - _over_lu(spec, each, gain) for each, gain in zip(programmes, gains, strict=True)]


def _match_album(spec: MatchSpec, programmes: Sequence[_Programme], target_lufs: float) -> list[float]:
    counted = _counted(programmes)
    lifts = _lifts(spec, programmes, counted)
    shift = target_lufs - max(programmes[i].lufs + lifts[i] for i in counted)
    if spec.loudness_mode == "album" and spec.loudness_measure == "integrated":
        shift = _pool([(programmes[i].block_clufs, lifts[i]) for i in counted], target_lufs, shift)
    gains = [shift + lift for lift in lifts]
    lower_lu = max(_over_lu(spec, programmes[i], gains[i]) for i in counted)
    gains = [gain - lower_lu for gain in gains]
    return [gain - _over_lu(spec, each, gain) for each, gain in zip(programmes, gains, strict=True)]


def _pool(parts: Sequence[tuple[tuple[int, ...], float]], target_lufs: float, shift: float) -> float:
    """Return by how much parts, each of blocks and a lift, are raised so that all of them have the target's loudness.

    One step would do, if blocks that are lowered did not fall below the absolute gate. `shift` is where to begin: some
    blocks have to be above that gate.
    """
    for _ in range(_MOST_STEPS):
        pooled = integrate(block + round(100.0 * (shift + lift)) for blocks, lift in parts for block in blocks)
        if pooled is None:
            raise ValueError("a programme at the target's loudness is audible")
        shift += target_lufs - pooled
        if abs(target_lufs - pooled) < _CLOSE_ENOUGH_LU:
            break
    return shift


def _over_lu(spec: MatchSpec, programme: _Programme, gain_db: float) -> float:
    """Return by how much the loudest 3 s are too loud, 0 if they are not."""
    if spec.max_short_term_lufs is None or programme.short_term_lufs is None:
        return 0.0
    return max(0.0, programme.short_term_lufs + gain_db - spec.max_short_term_lufs)


def _counted(programmes: Sequence[_Programme]) -> list[int]:
    """Return the indices of those that are in the average, or of all if none is."""
    return [i for i, each in enumerate(programmes) if each.settings.in_average] or list(range(len(programmes)))


def _lifts(spec: MatchSpec, programmes: Sequence[_Programme], counted: Sequence[int]) -> list[float]:
    """Return the gains that give the songs their distances, whatever the album's loudness."""
    uneven = [programmes[i].lufs for i in counted if programmes[i].settings.level < 1.0]
    middle = median(uneven or [programmes[i].lufs for i in counted])
    placed = [each.lufs + each.settings.level * (middle - each.lufs) for each in programmes]
    if spec.max_spread_lu is not None:
        low = _lower_end([placed[i] for i in counted], spec.max_spread_lu)
        placed = [min(max(lufs, low), low + spec.max_spread_lu) for lufs in placed]
    return [lufs + each.settings.offset_lu - each.lufs for each, lufs in zip(programmes, placed, strict=True)]


def _lower_end(levels: Sequence[float], spread_lu: float) -> float:
    """Return where a range of that width begins that moves these levels least in all; then the fewest; then upwards."""

    def cost(low: float) -> tuple[float, int, float]:
        moves = [round(max(low - level, level - low - spread_lu, 0.0), 6) for level in levels]
        return round(fsum(moves), 6), sum(move > 0.0 for move in moves), -low

    return min({end for level in levels for end in (level, level - spread_lu)}, key=cost)
