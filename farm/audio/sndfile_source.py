"""What libsndfile decodes: unusual WAV, W64, AIFF, CAF, FLAC, Ogg Vorbis, Opus."""

from pathlib import Path

import soundfile

from farm.audio.blocks import Block
from farm.audio.damage import corrupt, truncated, unreadable
from farm.audio.reader import AudioInfo, AudioReader
from farm.audio.speakers import VORBIS_ORDER, Speakers

_SAMPLE_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}


class SndfileReader(AudioReader):
    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = 0
        try:
            self._file = soundfile.SoundFile(path)
        except (soundfile.SoundFileError, TypeError) as error:
            raise unreadable(path, str(getattr(error, "error_string", error)).strip(" .")) from None
        file = self._file
        try:
            self._check_container()
        except BaseException:
            file.close()
            raise
        speakers = _find_speakers(path, file.subtype, file.channels) if file.channels > 2 else ()
        self.info = AudioInfo(file.samplerate, file.channels, file.frames, f"{file.format} {file.subtype}", speakers)

    def read_into(self, out: Block) -> int:
        try:
            count = len(self._file.read(out=out, dtype="float32"))
        except soundfile.SoundFileError as error:
            self._done = max(self._done, self._file.tell())
            if self._has_no_end():
                raise truncated(self._path, self._done, self._file.frames) from None
            raise corrupt(self._path, self._done, str(error).strip(" .") or "decoder error") from None
        self._done += count
        if count < len(out) and self._done < self._file.frames:
            raise truncated(self._path, self._done, self._file.frames)
        return count

    def close(self) -> None:
        self._file.close()

    def _has_no_end(self) -> bool:
        """Whether the last frame cannot be decoded either, by a decoder that has not seen the damage."""
        try:
            with soundfile.SoundFile(self._path) as again:
                again.seek(again.frames - 1)
                return len(again.read(1)) == 0
        except soundfile.SoundFileError:
            return True

    def _check_container(self) -> None:
        """libsndfile quietly reads what is left of a file that was cut; the container's own size tells."""
        missing = _find_container_bytes(self._path) - self._path.stat().st_size
        sample_bytes = _SAMPLE_BYTES.get(self._file.subtype)
        if sample_bytes is None or missing < sample_bytes * self._file.channels:
            return
        lost = missing // (sample_bytes * self._file.channels)
        raise truncated(self._path, self._file.frames, self._file.frames + lost, about="about ")


def _find_speakers(path: Path, subtype: str, channels: int) -> Speakers:
    """libsndfile leaves Vorbis and Opus in the order of their own; of others FFmpeg says what is in the header."""
    if subtype in ("VORBIS", "OPUS"):
        return VORBIS_ORDER.get(channels, ())
    from farm.audio.av_source import find_speakers

    return find_speakers(path)


def _find_container_bytes(path: Path) -> int:
    """Return the whole file's size as its header says; 0 if it doesn't say (or only guesses, as a stream does)."""
    with path.open("rb") as file:
        head = file.read(24)
    if head[:4] == b"FORM":
        size = int.from_bytes(head[4:8], "big") + 8
    elif head[:4] == b"riff":
        size = int.from_bytes(head[16:24], "little")
    elif head[:4] == b"RIFF":
        size = int.from_bytes(head[4:8], "little") + 8
    else:
        return 0
    return size if size < 0x7FFF_F000 or head[:4] == b"riff" else 0
