"""Copies to listen to of what is not delivered yet: 32-bit float WAV, as it is in the store, without tags or dither."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from farm.deliver.checksums import temporary_name
from farm.deliver.failure import explained
from farm.deliver.names import safe_name
from farm.deliver.wav import wav_header
from farm.records import Artifact
from farm.store.local import LocalStore
from farm.store.quarantine import checked_blob

_PIECE_BYTES = 1 << 20


def write_heard(folder: Path, number: int, title: str, audio: Artifact, store: LocalStore) -> Path:
    """Write `NUMBER TITLE.wav` into a folder, whole or not at all; one that holds the same is left alone.

    Raises DeliveryError; StoreError (store-blob-lost) if the audio is damaged.
    """
    target = folder / safe_name(f"{number:02} {title}", ".wav")
    header = wav_header(frames=audio.frames, rate_hz=audio.rate_hz, bits=32, tag_bytes=0)
    blob = checked_blob(store, audio)
    with explained(target):
        folder.mkdir(parents=True, exist_ok=True)
        if target.is_file() and all(one == other for one, other in zip_longest(_pieces(target), _wav(header, blob))):
            return target
        temporary = temporary_name(folder)
        try:
            with temporary.open("xb") as file:
                file.writelines(_wav(header, blob))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    return target


def _wav(header: bytes, blob: Path) -> Iterator[bytes]:
    """Yield a whole WAV file in pieces as `_pieces` cuts them: the first one is filled up behind the header."""
    with blob.open("rb", buffering=0) as file:
        yield header + file.read(_PIECE_BYTES - len(header))
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
