"""The errors of files that are no good: one wording for all readers."""

from pathlib import Path

from farm.errors import AudioError


def unreadable(path: Path, reason: str) -> AudioError:
    """Return the error of a file that is no audio, or of a kind that nothing here decodes."""
    return AudioError(
        f"the file is not readable audio: {reason}",
        code="audio-unreadable",
        hint="WAV, RF64, W64, AIFF, CAF, FLAC, Ogg, Opus, MP3, AAC and ALAC (m4a) can be read",
        where=str(path),
    )


def corrupt(path: Path, frame: int, reason: str) -> AudioError:
    """Return the error of a file whose audio cannot be decoded from that frame on."""
    return AudioError(
        f"the file is damaged: decoding stopped after {frame:,} frames ({reason})",
        code="audio-corrupt",
        hint="export or copy the file again",
        where=str(path),
    )


def truncated(path: Path, frames: int, promised: int | None, about: str = "") -> AudioError:
    """Return the error of a file that holds fewer frames than its header promises, or ends inside a packet."""
    of_how_many = "" if promised is None else f"of {about}{promised:,} "
    return AudioError(
        f"the file is cut short: it holds {frames:,} {of_how_many}frames",
        code="audio-truncated",
        hint="the export or copy was interrupted: export or copy the file again",
        where=str(path),
    )
