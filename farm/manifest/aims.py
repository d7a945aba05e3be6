"""What has to fit in the target and in the sequence: names, ranges, references, and how songs follow each other."""

from collections.abc import Iterator
from itertools import pairwise

from pydantic import ValidationError

from farm.manifest.diagnostics import Loc, Problem, suggest
from farm.manifest.song_view import Raw, SongView, may_hide, songs_of, table_of, tables_of, text_of
from farm.manifest.target import Reference, Tone
from farm.manifest.targets import load_targets

MATCHED = ("tone", "width", "dynamics")
"""The tables of the target that can have references of their own."""

_JOINTS = ("gapless", "overlap_seconds", "crossfade_seconds")

_TAIL_EDGES = ("trim_tail_dbfs", "fade_out_seconds")
_HEAD_EDGES = ("trim_head_dbfs", "fade_in_seconds")


def check_aims(data: Raw) -> Iterator[Problem]:
    """Yield what is wrong with the target: an unknown name, an empty range, references that are none, and amounts of a
    matching that it does not have."""
    target = table_of(data, "target")
    yield from _check_name(target)
    yield from _check_tone(table_of(target, "tone"))
    for loc, reference in references_of(target):
        yield from _check_reference(reference, loc)
    if target.get("loudness_lufs") == "reference" and not isinstance(target.get("reference"), list):
        message = "the target has no reference files whose loudness could be measured"
        yield Problem(("target", "loudness_lufs"), "no-reference", message, 'list them: reference = [{ file = "..." }]')
    if not may_hide(data, "target"):
        for song in songs_of(data):
            yield from _check_amounts(song, target)


def references_of(target: Raw) -> Iterator[tuple[Loc, Raw]]:
    """Yield the references that a target names, with their places."""
    for index, reference in tables_of(target, "reference"):
        yield ("target", "reference", index), reference
    for kind in MATCHED:
        for index, reference in tables_of(table_of(target, kind), "reference"):
            yield ("target", kind, "reference", index), reference


def check_sequence(data: Raw) -> Iterator[Problem]:
    """Yield the songs that go over into the next one in two ways, or where no song follows, and what their own edges
    ask for where one goes over into the next."""
    songs = list(songs_of(data))
    for song in songs:
        joints = [key for key in _JOINTS if song.table.get(key)]
        if joints and song.table.get("gap_seconds"):
            joints.append("gap_seconds")
        if len(joints) > 1:
            message = f"{song.label} has {' and '.join(joints)}: it goes over into the next song in one way only"
            yield Problem((*song.loc, joints[1]), "joint-twofold", message, "leave one of them out")
    for before, song in pairwise(songs):
        if any(before.table.get(key) for key in _JOINTS):
            for side, keys in ((before, _TAIL_EDGES), (song, _HEAD_EDGES)):
                yield from _check_joint(side, keys, f"{before.label} goes over into {song.label}")
    if songs:
        yield from _check_last(songs[-1])


def _check_joint(song: SongView, keys: tuple[str, ...], joint: str) -> Iterator[Problem]:
    """Defaults may ask for edges that a joint does not have; a song's own would be passed over in silence."""
    edges = table_of(song.table, "edges")
    for key in keys:
        if key in edges and not (key.startswith("fade") and edges[key] == 0):
            message = f"{joint}: nothing is cut off there, and nothing fades"
            yield Problem((*song.loc, "edges", key), "edge-at-joint", message, f"leave {key} out")


def _check_last(song: SongView) -> Iterator[Problem]:
    for key in _JOINTS:
        if song.table.get(key):
            message = f"{song.label} is the last song: there is none for it to go over into"
            yield Problem((*song.loc, key), "joint-without-next", message, f"leave {key} out")


def _check_amounts(song: SongView, target: Raw) -> Iterator[Problem]:
    """An amount of 0 leaves alone what is left alone anyway."""
    written = table_of(song.table, "match")
    for kind in MATCHED:
        if written.get(kind) and kind not in target and not may_hide(target, kind):
            message = f"{song.label} is to be matched in {kind}, and the target has no table for it"
            hint = f"add [target.{kind}], or leave {kind} out"
            yield Problem((*song.loc, "match", kind), "no-matching", message, hint)


def _check_name(target: Raw) -> Iterator[Problem]:
    name = text_of(target, "name")
    if name is not None and name not in load_targets():
        hint = suggest(name, load_targets(), otherwise="there are")
        yield Problem(("target", "name"), "unknown-target", f"there is no target {name!r}", hint)


def _check_tone(written: Raw) -> Iterator[Problem]:
    given = {key: written[key] for key in ("low_hz", "high_hz") if key in written}
    try:
        tone = Tone.model_validate(given)
    except ValidationError:
        return
    if tone.low_hz >= tone.high_hz:
        loc = ("target", "tone", "low_hz" if "low_hz" in given else "high_hz")
        message = f"low_hz = {tone.low_hz:g} has to be below high_hz = {tone.high_hz:g}"
        yield Problem(loc, "low-not-below-high", message)


def _check_reference(written: Raw, loc: Loc) -> Iterator[Problem]:
    try:
        reference = Reference.model_validate(written)
    except ValidationError:
        return
    begin, end = reference.from_seconds or 0.0, reference.to_seconds
    if end is not None and begin >= end:
        message = f"from_seconds = {begin:g} has to be below to_seconds = {end:g}"
        yield Problem((*loc, "to_seconds"), "low-not-below-high", message)
