"""The serial number of an Ogg stream: encoders draw it at random, so that streams can be put one after another.

Equal audio has to be equal bytes; here it follows from the digest of the audio, which serves the same purpose.
"""

from pathlib import Path

from mutagen.ogg import OggPage


def set_serial(path: Path, target: Path, audio_sha256: str) -> None:
    """Write the Ogg file of one stream at `target`, its serial drawn from a digest (hex) and its checksums mended."""
    serial = int(audio_sha256[:8], 16)
    size = path.stat().st_size
    with path.open("rb") as source, target.open("wb") as file:
        while source.tell() < size:
            page = OggPage(source)
            page.serial = serial
            file.write(page.write())
