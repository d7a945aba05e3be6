"""Level matching: by how much each song is raised or lowered."""

from collections.abc import Mapping

from farm.measure.loudness import integrate
from farm.records import Measurement


def level_gains_db(mode: str, target_lufs: float, songs: Mapping[int, Measurement]) -> dict[int, float | None]:
    """Return the gain of each song in dB, by its number; None where the level is left alone.

    `album`: one gain for all, so that the songs played one after another have the target's loudness; the gated blocks
    of all songs are pooled (BS.1770-5 gating over the whole album). `loudest`: one gain for all, so that the loudest
    song has it (AES TD1008's album normalisation). `track`: each song has it. `none`: nothing is changed. A silent
    song keeps its level.
    """
    audible = {number: song for number, song in songs.items() if song.integrated_lufs is not None}
    gains: dict[int, float | None] = dict.fromkeys(songs)
    if mode == "none" or not audible:
        return gains
    for number, song in audible.items():
        gains[number] = target_lufs - _reference_lufs(mode, song, audible)
    return gains


def _reference_lufs(mode: str, song: Measurement, audible: Mapping[int, Measurement]) -> float:
    """Return the loudness that is to become the target's."""
    loudness: float | None
    if mode == "album":
        loudness = integrate(block for each in audible.values() for block in each.block_clufs)
    elif mode == "loudest":
        loudness = max(each.integrated_lufs for each in audible.values() if each.integrated_lufs is not None)
    else:
        loudness = song.integrated_lufs
    if loudness is None:
        raise ValueError("an audible song has a loudness")
    return loudness
