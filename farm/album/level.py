"""Level matching: by how much each song is raised or lowered."""

from collections.abc import Mapping

from farm.measure.loudness import integrate
from farm.plan.spec import MatchSpec
from farm.records import Measurement


def level_gains_db(spec: MatchSpec, songs: Mapping[int, Measurement]) -> dict[int, float | None]:
    """Return the gain of each song in dB, by its number; None where the level is left alone.

    First, songs that are more than `max_spread_lu` below the loudest are raised to there. Then, by mode:
    `album`: one gain for all, so that the songs played one after another have the target's loudness; the gated blocks
    of all songs are pooled (BS.1770-5 gating over the whole album). `loudest`: one gain for all, so that the loudest
    song has it (AES TD1008's album normalisation). `track`: each song has it. `none`: nothing is changed. A silent
    song keeps its level.
    """
    loudness = {number: song.integrated_lufs for number, song in songs.items() if song.integrated_lufs is not None}
    gains: dict[int, float | None] = dict.fromkeys(songs)
    if spec.loudness_mode == "none" or not loudness:
        return gains
    if spec.loudness_mode == "track":
        return gains | {number: spec.loudness_lufs - lufs for number, lufs in loudness.items()}
    loudest = max(loudness.values())
    lowest = loudest - spec.max_spread_lu if spec.max_spread_lu is not None else min(loudness.values())
    raised = {number: max(0.0, lowest - lufs) for number, lufs in loudness.items()}
    measured = loudest if spec.loudness_mode == "loudest" else _pooled_lufs(songs, raised)
    return gains | {number: spec.loudness_lufs - measured + lift for number, lift in raised.items()}


def _pooled_lufs(songs: Mapping[int, Measurement], raised: Mapping[int, float]) -> float:
    """Return the loudness of the songs played one after another, each raised by so many dB."""
    pooled = integrate(
        block + round(100.0 * lift) for number, lift in raised.items() for block in songs[number].block_clufs
    )
    if pooled is None:
        raise ValueError("an audible song has a loudness")
    return pooled
