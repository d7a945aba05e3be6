"""What has to fit across the files of a delivery: order, codes, pooled loudness, and the joints of a whole album."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from farm.deliver.checked_song import LOUDNESS_TOLERANCE_LU, WHOLE_ALBUM_TOLERANCE_LU, CheckedSong, Fault
from farm.deliver.delivery_document import DeliveredFormat
from farm.deliver.delivery_folder import DeliveryFolder
from farm.deliver.finding import Finding
from farm.deliver.second_meter import gated_lufs
from farm.deliver.tag_reader import Tags


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read, with its tags, and what was wrong already then.

    `sha256` is None if it could not be read, `song` if it is none, or cannot be decoded.
    """

    sha256: str | None
    song: CheckedSong | None = None
    tags: Tags = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadFolder:
    """A folder with its files by name, as they were read."""

    folder: DeliveryFolder
    files: Mapping[str, ReadFile]

    @property
    def songs(self) -> Mapping[str, CheckedSong]:
        """The songs that could be decoded, in the order of the album."""
        return {name: song for name in self.folder.audio if (song := self.files[name].song)}

    @property
    def album_lufs(self) -> float | None:
        """The loudness of all songs pooled; None if some could not be read, or are not as long as they should be."""
        songs, tracks = self.songs, self.folder.tracks
        whole = set(songs) == set(tracks or self.folder.audio)
        if not whole or any(songs[name].frames != track.frames for name, track in tracks.items()):
            return None
        return gated_lufs(np.concatenate([np.zeros(0), *(song.reading.block_powers for song in songs.values())]))


def check_album(read: ReadFolder) -> Iterator[Finding]:
    """Yield what is wrong with the songs of a folder together."""
    folder = read.folder
    yield from (folder.finding(name, "order", message) for name, message in _check_order(read))
    owners: dict[str, str] = {}
    for name in read.songs:
        isrc = read.files[name].tags.get("isrc", "")
        if isrc and owners.setdefault(isrc, name) != name:
            yield folder.finding(name, "isrc-twice", f"it has the ISRC of {owners[isrc]!r}")
    said, lufs = folder.document.album.loudness_lufs if folder.document else None, read.album_lufs
    if folder.document and said is not None and lufs is not None:
        asked = folder.document.deliverable
        tolerance_lu = LOUDNESS_TOLERANCE_LU if asked.bits and not asked.continuous else WHOLE_ALBUM_TOLERANCE_LU
        if abs(said - lufs) > tolerance_lu:
            message = f"the album measures {lufs:.2f} LUFS, and its document says {said:.2f}"
            yield folder.finding("", "album-loudness-differs", message)


def _check_order(read: ReadFolder) -> Iterator[tuple[str, str]]:
    """Tracks count from 1 on each disc, in the order of the document, else of the names."""
    places = {name: place for name in read.songs if (place := _place(read.files[name].tags))}
    if read.folder.document:
        places = {track.name: (track.disc, track.track) for track in read.folder.document.files}
    for (_, before), (name, place) in pairwise(places.items()):
        if place not in ((before[0], before[1] + 1), (before[0] + 1, 1)):
            yield name, f"track {_shown(place)} follows track {_shown(before)}"


def _place(tags: Tags) -> tuple[int, int] | None:
    disc, track = tags.get("disc", "1"), tags.get("track", "")
    return (int(disc), int(track)) if disc.isdigit() and track.isdigit() else None


def _shown(place: tuple[int, int]) -> str:
    return f"{place[1]} of disc {place[0]}"


def check_joints(folders: Sequence[ReadFolder]) -> Iterator[Finding]:
    """Yield the songs inside of a file of the whole album that are not the samples of their own files.

    That can be said where both are there, lossless, made with the same word length, rate, ceiling and dither.
    """
    own = {key: read for read in folders if (key := _making(read)) and not any(_placed(read))}
    for read in folders:
        alone = own.get(_making(read) or ())
        if alone is None:
            continue
        tracks = list(alone.folder.tracks)
        for name, number, digest in _placed(read):
            song = alone.songs.get(tracks[number - 1]) if number <= len(tracks) else None
            if song and song.audio_sha256 != digest:
                message = f"song {number} in it is not that of {alone.folder.where(tracks[number - 1])}"
                yield read.folder.finding(name, "joint-differs", message)


def _placed(read: ReadFolder) -> Iterator[tuple[str, int, str]]:
    """Yield the songs inside of files: the file's name, the song's number, the digest of its samples."""
    for name, song in read.songs.items():
        track = read.folder.tracks.get(name)
        for placed, digest in zip(track.songs if track else (), song.song_sha256, strict=True):
            yield name, placed.number, digest


def _making(read: ReadFolder) -> tuple[object, ...] | None:
    asked: DeliveredFormat | None = read.folder.document.deliverable if read.folder.document else None
    return (asked.bits, asked.rate_hz, asked.ceiling_dbtp, asked.dither) if asked and asked.bits else None
