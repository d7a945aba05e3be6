"""The tasks of an album as its picture orders them: a lane for each song, or for each run of songs finished as one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from farm.plan.node import Plan, PlannedSong
from farm.plan.status import PlannedNode, Status

MOST_SONGS = 16
"""An album of more has its groups in one box a song, and neighbouring songs of which the same is to be said in one
lane."""

MOST_GROUPS = 4
"""A song with more of them has one box for all groups of a status."""

_URGENCY: tuple[Status, ...] = ("run", "maybe", "reuse")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one box stands for: a task, or several alike."""

    nodes: tuple[PlannedNode, ...]

    @property
    def status(self) -> Status:
        """The most urgent of the tasks' statuses."""
        return next(status for status in _URGENCY if any(each.status == status for each in self.nodes))


@dataclass(frozen=True, slots=True)
class Console:
    """A song up to its master, as far as that is asked for."""

    groups: tuple[Cell, ...]
    mix: Cell | None
    master: Cell | None


@dataclass(frozen=True, slots=True)
class Finish:
    """A finish, and for each of its songs what reads it, by column."""

    cell: Cell
    readers: tuple[Mapping[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """`titles` are those of the consoles, of several songs in one for the first of them."""

    titles: tuple[str, ...]
    songs: tuple[int, ...]
    consoles: tuple[Console, ...]
    finishes: tuple[Finish, ...]


def build_lanes(plan: Plan, nodes: Sequence[PlannedNode]) -> list[Lane]:
    """Return the lanes of the songs that have tasks, in the order of the album, those of a large album folded."""
    is_large = len(plan.songs) > MOST_SONGS
    by_song = {song.number: [each for each in nodes if each.node.song == song.number] for song in plan.songs}
    known = {each.node.id for each in nodes}
    runs = groupby(plan.songs, key=lambda song: song.finish if song.finish in known else song.number)
    lanes = [_lane(list(run), by_song, 1 if is_large else MOST_GROUPS) for _, run in runs]
    lanes = [lane for lane in lanes if lane.consoles or lane.finishes]
    return _folded(lanes) if is_large else lanes


def column_of(each: PlannedNode) -> str:
    """Return the column of what reads finished songs: its deliverable's folder, or its kind."""
    return each.node.id.split(":", 2)[2] if each.node.kind == "encode" else each.node.kind


def _lane(run: Sequence[PlannedSong], by_song: Mapping[int, Sequence[PlannedNode]], most_groups: int) -> Lane:
    tasks = [by_song[song.number] for song in run]
    finishes = [each for each in tasks[0] if each.node.kind == "finish"]
    return Lane(
        titles=tuple(f"{song.number} {song.title}" for song in run),
        songs=tuple(song.number for song in run),
        consoles=tuple(_console(each, most_groups) for each in tasks if each),
        finishes=tuple(_finish(finish, tasks) for finish in finishes),
    )


def _console(tasks: Sequence[PlannedNode], most_groups: int) -> Console:
    groups = [Cell((each,)) for each in tasks if each.node.kind == "group"]
    if len(groups) > most_groups:
        groups = [cell for status in _URGENCY if (cell := _gathered(groups, status)).nodes]
    return Console(tuple(groups), _only(tasks, "mix"), _only(tasks, "master"))


def _gathered(cells: Iterable[Cell], status: Status) -> Cell:
    return Cell(tuple(each for cell in cells for each in cell.nodes if each.status == status))


def _only(tasks: Sequence[PlannedNode], kind: str) -> Cell | None:
    return next((Cell((each,)) for each in tasks if each.node.kind == kind), None)


def _finish(finish: PlannedNode, tasks: Sequence[Sequence[PlannedNode]]) -> Finish:
    reading = [{column_of(each): Cell((each,)) for each in song if _reads(each, finish)} for song in tasks]
    return Finish(Cell((finish,)), tuple(reading))


def _reads(each: PlannedNode, other: PlannedNode) -> bool:
    return any(need.node == other.node.id for need in each.node.needs)


def _folded(lanes: Sequence[Lane]) -> list[Lane]:
    return [_merged(list(alike)) for _, alike in groupby(lanes, key=_shape)]


def _shape(lane: Lane) -> object:
    """Return what lanes have in common that are drawn as one."""
    consoles = [
        ([cell.status for cell in each.groups], each.mix and each.mix.status, each.master and each.master.status)
        for each in lane.consoles
    ]
    finishes = [
        (each.cell.status, [{name: cell.status for name, cell in song.items()} for song in each.readers])
        for each in lane.finishes
    ]
    return consoles, finishes


def _merged(lanes: Sequence[Lane]) -> Lane:
    if len(lanes) == 1:
        return lanes[0]
    songs = tuple(number for lane in lanes for number in lane.songs)
    return Lane(
        titles=(f"{songs[0]} to {songs[-1]}", *("" for _ in lanes[0].titles[1:])),
        songs=songs,
        consoles=tuple(map(_merged_console, zip(*(lane.consoles for lane in lanes), strict=True))),
        finishes=tuple(map(_merged_finish, zip(*(lane.finishes for lane in lanes), strict=True))),
    )


def _merged_console(consoles: Sequence[Console]) -> Console:
    return Console(
        groups=tuple(map(_joined, zip(*(each.groups for each in consoles), strict=True))),
        mix=_joined([each.mix for each in consoles]) if consoles[0].mix else None,
        master=_joined([each.master for each in consoles]) if consoles[0].master else None,
    )


def _merged_finish(finishes: Sequence[Finish]) -> Finish:
    readers = tuple(
        {name: _joined([song[name] for song in songs]) for name in songs[0]}
        for songs in zip(*(each.readers for each in finishes), strict=True)
    )
    return Finish(_joined([each.cell for each in finishes]), readers)


def _joined(cells: Sequence[Cell | None]) -> Cell:
    return Cell(tuple(each for cell in cells if cell for each in cell.nodes))
