"""Opening an audio file: what it is decides its content, never its name."""

import stat
from collections.abc import Callable
from pathlib import Path

from farm.audio.reader import AudioInfo, AudioReader
from farm.errors import AudioError

__all__ = ["AudioInfo", "AudioReader", "open_audio"]

_SNDFILE_MAGIC = (b"RIFF", b"RF64", b"BW64", b"riff", b"FORM", b"fLaC", b"OggS", b"caff", b".snd")


def open_audio(path: Path) -> AudioReader:
    """Open an audio file for one streaming pass.

    Raises AudioError with the code audio-missing, audio-is-directory, audio-permission, audio-empty (no bytes),
    audio-no-frames, audio-truncated or audio-unreadable.
    """
    magic = _read_magic(path)
    unreadable: AudioError | None = None
    for opener in _find_openers(magic):
        try:
            reader = opener(path)
        except AudioError as error:
            if error.code != "audio-unreadable":
                raise
            unreadable = unreadable or error
            continue
        if reader is not None:
            return _check_frames(reader, path)
    assert unreadable is not None
    raise unreadable


def _read_magic(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise _error(path, "is a folder, not an audio file", "audio-is-directory", "name a file inside it")
        if not stat.S_ISREG(status.st_mode):
            raise _error(path, "is not a regular file", "audio-unreadable", "copy the audio to a file on disk")
        with path.open("rb") as file:
            magic = file.read(12)
    except FileNotFoundError:
        raise _error(path, "does not exist", "audio-missing", "check the path; was the file renamed?") from None
    except PermissionError:
        raise _error(path, "may not be read", "audio-permission", "check the file's permissions") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise _error(path, f"cannot be read: {reason}", "audio-unreadable", "check the disk") from None
    if not magic:
        raise _error(path, "holds no bytes at all", "audio-empty", "export or copy the file again")
    return magic


def _find_openers(magic: bytes) -> list[Callable[[Path], AudioReader | None]]:
    """MP3 is FFmpeg's: as fast as libsndfile's decoder, which writes to stderr about every flaw it meets. A very short
    one it may take for a video, so it is told in the end."""
    openers: list[Callable[[Path], AudioReader | None]] = []
    if magic[8:12] == b"WAVE":
        openers.append(_open_pcm)
    if magic[:4] in _SNDFILE_MAGIC:
        openers.append(_open_sndfile)
    return [*openers, _open_av, _open_mp3] if magic[:3] == b"ID3" else [*openers, _open_av]


def _open_pcm(path: Path) -> AudioReader | None:
    from farm.audio.pcm_source import find_pcm_reader

    return find_pcm_reader(path)


def _open_sndfile(path: Path) -> AudioReader:
    from farm.audio.sndfile_source import SndfileReader

    return SndfileReader(path)


def _open_av(path: Path) -> AudioReader:
    from farm.audio.av_source import AvReader

    return AvReader(path)


def _open_mp3(path: Path) -> AudioReader:
    from farm.audio.av_source import AvReader

    return AvReader(path, container="mp3")


def _check_frames(reader: AudioReader, path: Path) -> AudioReader:
    if reader.info.frames == 0:
        reader.close()
        raise _error(path, "has a header but no audio: 0 frames", "audio-no-frames", "export the file again")
    return reader


def _error(path: Path, reason: str, code: str, hint: str) -> AudioError:
    return AudioError(f"the file {reason}", code=code, hint=hint, where=str(path))
