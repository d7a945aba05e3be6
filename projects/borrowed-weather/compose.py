"""Composes the stems of Borrowed Weather into `stems/` beside this file: `python projects/borrowed-weather/compose.py`.

Everything is synthesised from the scores in this folder; nothing is random but what a seed decides. Stems that are
there already, as this code makes them, are left alone.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import every_window_open
import long_blue_hour
import numpy as np
import salt_and_cedar
import soundfile as sf
from stem import Song, compose_stem, write_stem

HERE = Path(__file__).resolve().parent
SONGS = (every_window_open.SONG, long_blue_hour.SONG, salt_and_cedar.SONG)


def main() -> None:
    """Compose what is missing or made by other code; one line a song on stderr."""
    recipe = _recipe_digest()
    for song in SONGS:
        started = time.perf_counter()
        made = compose_song(song, HERE / "stems" / song.folder, recipe)
        state = f"{made} composed in {time.perf_counter() - started:.1f} s" if made else "all there"
        sys.stderr.write(f"{song.folder}: {len(song.stems)} stems, {state}\n")


def compose_song(song: Song, folder: Path, recipe: str) -> int:
    """Write the stems that are not in the folder as the recipe makes them; return how many.

    `recipe.json` in the folder notes what the stems were made from and the digest of each.
    """
    note = folder / "recipe.json"
    known = _load_digests(note, recipe)
    made = 0
    for stem in song.stems:
        path = folder / (stem.name + stem.suffix)
        if path.is_file() and known.get(path.name) == _file_digest(path):
            continue
        write_stem(stem, compose_stem(song, stem), path)
        known[path.name] = _file_digest(path)
        made += 1
    if made:
        partial = note.with_suffix(".partial")
        partial.write_text(json.dumps({"recipe": recipe, "stems": known}, indent=1), encoding="utf-8")
        partial.replace(note)
    return made


def _load_digests(note: Path, recipe: str) -> dict[str, str]:
    """Return the digests of the stems by file name; none if another recipe made them or the note is damaged."""
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
        return dict(noted["stems"]) if noted["recipe"] == recipe else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _recipe_digest() -> str:
    """Return the digest of all that decides the bytes: this folder's code, numpy, libsndfile."""
    digest = hashlib.sha256(f"{np.__version__} {sf.__libsndfile_version__}".encode())
    for module in sorted(HERE.glob("*.py")):
        digest.update(module.name.encode() + b"\0" + module.read_bytes())
    return digest.hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
