"""Input files for tests of manifests: as small as their first bytes allow."""

from pathlib import Path

WAV_HEAD = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00"
PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def write_inputs(folder: Path) -> None:
    """Write stems, a cover, and files that are neither, into a folder."""
    for name in ("kick.wav", "lead.wav", "B\u00f6se Fee.wav"):
        (folder / name).write_bytes(WAV_HEAD)
    (folder / "empty.wav").touch()
    (folder / "notes.wav").write_text("the second take is the better one")
    (folder / "beach.txt").write_text("a beach")
    (folder / "cover.png").write_bytes(PNG_HEAD)
    (folder / "folder.wav").mkdir(exist_ok=True)
