"""The text of a file of frozen trims: in the order of the album, one table a song, the same for the same trims."""

import json
from collections.abc import Iterator, Sequence

from farm.manifest.song import Song
from farm.plan.frozen_keys import SCHEMA
from farm.plan.match_spec import FrozenSpec, FrozenTrim

_HEAD = """\
# Trims that `farm freeze` wrote down: while this file is here they are applied as they are.
# A song is recognised by its isrc if it has one here, else by title and version.
# Curves are in dB, one number for each third of an octave from 25 Hz to 20 kHz.
"""

_IN_A_ROW = 10


def frozen_text(frozen: FrozenSpec, songs: Sequence[Song]) -> str:
    """Return frozen trims as TOML; `songs` are all of the album."""
    album = [f"schema = {SCHEMA}"]
    if frozen.album_lufs is not None:
        album.append(f"album_lufs = {frozen.album_lufs!r}")
    tables = [list(_song_lines(each, songs[each.song - 1])) for each in frozen.songs]
    return _HEAD + "".join("\n" + "\n".join(lines) + "\n" for lines in (album, *tables))


def _song_lines(trim: FrozenTrim, song: Song) -> Iterator[str]:
    yield "[[song]]"
    for key, text in (("title", song.title), ("version", song.version), ("isrc", song.isrc)):
        if text is not None:
            yield f"{key} = {json.dumps(text, ensure_ascii=False)}"
    if trim.goal_lufs is not None:
        yield f"goal_lufs = {trim.goal_lufs!r}"
    if trim.goal_measure != "integrated":
        yield f'goal_measure = "{trim.goal_measure}"'
    for key, curve in (("tone_db", trim.tone_db), ("side_db", trim.side_db)):
        if curve:
            yield f"{key} = [\n{_rows(curve)}]"
    if trim.range_factor != 1.0 or trim.ride_max_db:
        yield f"range_factor = {trim.range_factor!r}"
        yield f"ride_max_db = {trim.ride_max_db!r}"


def _rows(curve: Sequence[float]) -> str:
    rows = [curve[start : start + _IN_A_ROW] for start in range(0, len(curve), _IN_A_ROW)]
    return "".join(f"  {', '.join(map(repr, row))},\n" for row in rows)
