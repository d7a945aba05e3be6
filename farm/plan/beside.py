"""Files that farm keeps beside a manifest, to be put under version control with it: whole or not at all."""

import os
from pathlib import Path

from farm.errors import DeliveryError
from farm.manifest.load import ALBUM_FILE


def path_beside(album: Path, name: str, suffix: str) -> Path:
    """Return the path of a manifest's file: `name` beside an album.toml, named after the manifest beside another one:
    `live.frozen.toml` belongs to `live.toml`."""
    return album.with_name(name if album.name == ALBUM_FILE else album.stem + suffix)


def write_beside(path: Path, text: str) -> None:
    """Write a file, or leave what was there. Raises DeliveryError (not-written)."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with temporary.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise DeliveryError(message, code="not-written", where=str(path)) from error
