"""The layout of a compact disc: where each song, pause and index lies. Numbers in, numbers out.

Addresses count CD frames (sectors of 1/75 s, 588 samples) from the first one of the program area, where the pregap of
track 1 begins: what a disc calls 00:00:00. Tools that number logical blocks count from 150 of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from farm.errors import DeliveryError
from farm.manifest.red_book import (
    CD_FRAME_SAMPLES,
    FIRST_PREGAP_CD_FRAMES,
    LAST_LEAD_OUT_CD_FRAME,
    LONGEST_DDP_PREGAP_CD_FRAMES,
    LONGEST_PRESSED_CD_FRAMES,
    MOST_TRACKS,
    SHORTEST_TRACK_CD_FRAMES,
)
from farm.plan.cd import CdSongSpec, CdSpec
from farm.units import CD_FRAMES_PER_SECOND


@dataclass(frozen=True, slots=True)
class SongPlace:
    """Where a song lies in the image, in samples at 44.1 kHz from its beginning, and how much silence follows it."""

    start_frame: int
    frames: int
    silence_frames: int


@dataclass(frozen=True, slots=True)
class TrackPlace:
    """A track in CD frames. `indexes` are index 01, 02, ...; its pause (index 00) begins at `pregap_cd_frame`, None for
    a track without one; at `end_cd_frame` the next track's pause, the next track, or the lead-out begins."""

    number: int
    song: CdSongSpec
    pregap_cd_frame: int | None
    indexes: tuple[int, ...]
    end_cd_frame: int

    @property
    def marks(self) -> dict[int, int]:
        """All its indexes with their CD frames, index 00 among them where it has a pause."""
        pause = {} if self.pregap_cd_frame is None else {0: self.pregap_cd_frame}
        return pause | dict(enumerate(self.indexes, start=1))

    @property
    def start_cd_frame(self) -> int:
        """Index 01, where players begin."""
        return self.indexes[0]

    @property
    def pregap_cd_frames(self) -> int:
        """How long its pause is."""
        return 0 if self.pregap_cd_frame is None else self.start_cd_frame - self.pregap_cd_frame

    @property
    def length_cd_frames(self) -> int:
        """How long it is without its pause."""
        return self.end_cd_frame - self.start_cd_frame


@dataclass(frozen=True, slots=True)
class CdLayout:
    """A whole disc: `leading_frames` samples of silence, all songs with the silence behind each, then the lead-out."""

    leading_frames: int
    songs: tuple[SongPlace, ...]
    tracks: tuple[TrackPlace, ...]
    lead_out_cd_frame: int


@dataclass(frozen=True, slots=True)
class RedBookProblem:
    """What is wrong with a layout, and with which track of it if not with all: an error stops the disc, a warning is
    for the plant to decide."""

    severity: Literal["error", "warning"]
    code: str
    message: str
    hint: str | None = None
    track: int | None = None


def build_layout(spec: CdSpec, lengths_frames: Sequence[int]) -> CdLayout:
    """Return the layout of songs that are so many samples long at 44.1 kHz, in the order of `spec.songs`.

    A song that nothing is joined to begins on a CD frame; behind the last of joined songs zeros fill up the CD frame,
    and its gap follows. Where songs are joined no sample is moved: the mark of the later one lies on the last CD frame
    border that is not behind its first sample, so that a player that goes there misses nothing of it, and hears up to
    13 ms of the song before. Index points lie on the last border before them in the same way.
    """
    places = _place_songs(spec, lengths_frames)
    last = places[-1]
    lead_out = (last.start_frame + last.frames + last.silence_frames) // CD_FRAME_SAMPLES
    return CdLayout(places[0].start_frame, places, _place_tracks(spec, places, lead_out), lead_out)


def _place_songs(spec: CdSpec, lengths_frames: Sequence[int]) -> tuple[SongPlace, ...]:
    places: list[SongPlace] = []
    start = spec.first_pregap_cd_frames * CD_FRAME_SAMPLES
    for gap_cd_frames, frames in zip(_gaps(spec), lengths_frames, strict=True):
        end = start + frames
        silence = 0 if gap_cd_frames is None else -end % CD_FRAME_SAMPLES + gap_cd_frames * CD_FRAME_SAMPLES
        places.append(SongPlace(start, frames, silence))
        start = end + silence
    return tuple(places)


def _gaps(spec: CdSpec) -> tuple[int | None, ...]:
    """Return the gap behind each song in CD frames, None where the next one is joined to it."""
    gaps = [None if song.joined else song.gap_cd_frames for song in spec.songs[:-1]]
    return (*gaps, spec.end_gap_cd_frames)


def _place_tracks(spec: CdSpec, places: Sequence[SongPlace], lead_out: int) -> tuple[TrackPlace, ...]:
    numbers = [number for number, song in enumerate(spec.songs) if not song.hidden]
    starts = [places[number].start_frame // CD_FRAME_SAMPLES for number in numbers]
    pauses = [0, *(_pause_before(places[number - 1], places[number]) for number in numbers[1:])]
    ends = [start if pause is None else pause for pause, start in zip(pauses[1:], starts[1:], strict=True)]
    return tuple(
        TrackPlace(track, spec.songs[number], pause, _indexes(spec.songs[number], places[number]), end)
        for track, (number, pause, end) in enumerate(zip(numbers, pauses, [*ends, lead_out], strict=False), start=1)
    )


def _pause_before(before: SongPlace, place: SongPlace) -> int | None:
    """Return where the silence before a song begins, on the first border in it; None if there is no CD frame of it."""
    pause = -(-(before.start_frame + before.frames) // CD_FRAME_SAMPLES)
    return pause if pause < place.start_frame // CD_FRAME_SAMPLES else None


def _indexes(song: CdSongSpec, place: SongPlace) -> tuple[int, ...]:
    return tuple((place.start_frame + frames) // CD_FRAME_SAMPLES for frames in (0, *song.index_frames))


def find_layout_problems(layout: CdLayout) -> Iterator[RedBookProblem]:
    """Yield what breaks the Red Book (IEC 60908), and what many plants or burners refuse."""
    if not 1 <= len(layout.tracks) <= MOST_TRACKS:
        message = f"the disc would have {len(layout.tracks)} tracks"
        yield RedBookProblem("error", "cd-tracks", message, f"a disc has 1 to {MOST_TRACKS}: divide the album")
        return
    if layout.leading_frames < FIRST_PREGAP_CD_FRAMES * CD_FRAME_SAMPLES:
        message = f"the disc begins with {layout.leading_frames // CD_FRAME_SAMPLES} CD frames of silence"
        yield RedBookProblem("error", "cd-pregap", message, f"it takes {FIRST_PREGAP_CD_FRAMES} (2 s) at least")
    yield from _find_short_tracks(layout)
    yield from _find_lost_indexes(layout)
    yield from _find_excess(layout.lead_out_cd_frame)


def check_layout(layout: CdLayout) -> tuple[RedBookProblem, ...]:
    """Return the warnings; raises DeliveryError, with all errors at once, if the layout is no compact disc."""
    problems = tuple(find_layout_problems(layout))
    if errors := [problem for problem in problems if problem.severity == "error"]:
        message = "; ".join(error.message for error in errors)
        raise DeliveryError(message, code=errors[0].code, hint=errors[0].hint)
    return problems


def _find_short_tracks(layout: CdLayout) -> Iterator[RedBookProblem]:
    """From mark to mark a track has 4 s at least. Some count the pause behind it, some don't."""
    marks = [*(track.start_cd_frame for track in layout.tracks[1:]), layout.lead_out_cd_frame]
    for track, next_mark in zip(layout.tracks, marks, strict=True):
        message = f"track {track.number} ({track.song.title}) is {format_msf(max(track.length_cd_frames, 0))} long"
        if next_mark - track.start_cd_frame < SHORTEST_TRACK_CD_FRAMES:
            hint = "give it more silence at its end, or join it to its neighbour"
            yield RedBookProblem("error", "cd-track-short", f"{message}: 4 s are the least", hint, track.number)
        elif track.length_cd_frames < SHORTEST_TRACK_CD_FRAMES:
            message += ", less than 4 s without the pause behind it"
            yield RedBookProblem("warning", "cd-track-short", message, track=track.number)


def _find_lost_indexes(layout: CdLayout) -> Iterator[RedBookProblem]:
    for track in layout.tracks:
        borders = [*track.indexes, track.end_cd_frame]
        if any(later <= earlier for earlier, later in pairwise(borders)):
            message = f"track {track.number} ({track.song.title}) has an index point that is not behind the last one"
            hint = "index points ascend by 1/75 s at least, and lie within the song"
            yield RedBookProblem("error", "cd-index", message, hint, track.number)


def _find_excess(lead_out: int) -> Iterator[RedBookProblem]:
    if lead_out > LAST_LEAD_OUT_CD_FRAME:
        message = f"the disc would be {lead_out // CD_FRAMES_PER_SECOND // 60} minutes long"
        yield RedBookProblem("error", "cd-too-long", message, "addresses end at 99:59:74: divide the album")
    elif lead_out > LONGEST_PRESSED_CD_FRAMES:
        message = f"the disc is {format_msf(lead_out)} long: few plants press more than 79:57"
        yield RedBookProblem("warning", "cd-too-long", message, "ask the plant")


def find_long_pregap(layout: CdLayout) -> RedBookProblem | None:
    """Return what is wrong with a pregap of track 1 that no DDP can hold, though a disc can."""
    pregap = layout.tracks[0].pregap_cd_frames
    if pregap <= LONGEST_DDP_PREGAP_CD_FRAMES:
        return None
    message = f"the pregap of track 1 is {format_msf(pregap)} long"
    hint = "a DDP holds 133 s of it: shorten the hidden song, or deliver a cue sheet"
    return RedBookProblem("error", "ddp-pregap", message, hint, 1)


def format_msf(cd_frames: int) -> str:
    """Return MM:SS:FF, as cue sheets write it."""
    seconds, rest = divmod(cd_frames, CD_FRAMES_PER_SECOND)
    return f"{seconds // 60:02}:{seconds % 60:02}:{rest:02}"
