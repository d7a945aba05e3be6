"""`farm freeze`: the album's trims, written down so that one song's change touches no other."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.options import Album, Audio, Json, Store, store_url
from farm.errors import FarmError, UsageError

if TYPE_CHECKING:
    from farm.manifest.load import LoadedAlbum
    from farm.plan.match_spec import FrozenSpec, FrozenTrim
    from farm.plan.node import Node, Plan
    from farm.records import Record
    from farm.store.local import LocalStore

Again = Annotated[
    list[str] | None,
    typer.Option("--song", metavar="SONG", help="Decide only this song anew, by title or number; again for more."),
]
Thaw = Annotated[bool, typer.Option("--thaw", help="Remove the file: all songs are decided anew in every render.")]


def freeze(
    album: Album,
    song: Again = None,
    thaw: Thaw = False,
    audio: Audio = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Write the album's trims down beside the manifest, so that one song's change touches no other."""
    from farm.manifest.load import find_album_file, load_album
    from farm.plan.beside import write_beside
    from farm.plan.frozen import frozen_path
    from farm.plan.frozen_text import frozen_text

    if thaw:
        _thaw(frozen_path(find_album_file(album)), song or ())
        return
    loaded = load_album(album, audio=audio)
    path = frozen_path(loaded.document.album.path)
    frozen = _decide(loaded, song or (), path, store_url(store))
    write_beside(path, frozen_text(frozen, loaded.manifest.songs))
    typer.echo(
        json.dumps(_document(path, frozen, loaded), indent=2, ensure_ascii=False) if as_json else _text(path, frozen)
    )


def _thaw(path: Path, songs: Sequence[str]) -> None:
    if songs:
        raise UsageError(
            "--thaw is for the whole album", code="thaw-song", hint="`farm freeze --song` decides one song"
        )
    if not path.exists():
        raise UsageError("the album is not frozen", code="not-frozen", where=str(path))
    path.unlink()
    typer.echo(f"{path} is removed: all songs are decided anew in every render")


def _decide(loaded: "LoadedAlbum", wanted: Sequence[str], path: Path, store: str) -> "FrozenSpec":
    """Return what is to be written down: all trims, or what was there with those of some songs decided anew."""
    from farm.plan.build import build_plan_with
    from farm.plan.choice import choose_songs
    from farm.plan.frozen import freeze_trim, load_frozen
    from farm.plan.match_spec import FrozenSpec
    from farm.records import trim_from
    from farm.store.digests import FileDigests
    from farm.store.local import open_store

    before = load_frozen(loaded) if wanted else None
    if wanted and before is None:
        hint = "`farm freeze` without --song writes all trims down"
        raise UsageError("the album is not frozen", code="not-frozen", hint=hint, where=str(path))
    opened = open_store(store)
    digests = FileDigests(opened.digest_memory)
    digests.learn(loaded.audio_files())
    plan = build_plan_with(before, loaded, digests.xxh3)
    numbers = [song.number for song in choose_songs(plan, wanted)]
    kept = before.without(numbers) if before else None
    facts = _matched(plan, kept, opened).facts
    decided = [
        freeze_trim(number, loaded.manifest.songs[number - 1], trim_from(facts["trims"][str(number)]))
        for number in numbers
    ]
    trims = sorted([*(kept.songs if kept else ()), *decided], key=lambda each: each.song)
    frozen = FrozenSpec(facts["album_lufs"], tuple(trims))
    _matched(plan, frozen, opened)  # so that nothing is left for the next render to do
    return frozen


def _matched(plan: "Plan", frozen: "FrozenSpec | None", store: "LocalStore") -> "Record":
    """Return the record of the album matched with these trims: the last render's, or made now from its masters."""
    from farm.plan.deliver import MATCH
    from farm.plan.status import needed_nodes, resolve_statuses

    nodes = [_with_frozen(node, frozen) if node.id == MATCH else node for node in plan.nodes]
    planned = {each.node.id: each for each in resolve_statuses(needed_nodes(nodes, [MATCH]), store)}
    match = planned[MATCH]
    if match.record:
        return match.record
    masters = [planned[need.node] for need in match.node.needs]
    due = [each.node.label for each in masters if each.record is None]
    if due:
        more = f" and {len(due) - 1} more" if len(due) > 1 else ""
        message = f"it would have to be rendered first: {due[0]}{more}"
        hint = "`farm render` renders the album; then freeze it"
        raise UsageError(message, code="not-rendered", hint=hint, where=plan.path)
    return _match(match.node, [each.record for each in masters if each.record], store)


def _match(node: "Node", masters: "Sequence[Record]", store: "LocalStore") -> "Record":
    """Run a match node: what takes long to import is imported only here."""
    from farm.graph.task import Failed, Made, Work, run_work
    from farm.operations import OPERATIONS

    result = run_work(Work(node, OPERATIONS[node.kind], store.url), *(Made(each, reused=True) for each in masters))
    if isinstance(result, Failed):
        raise FarmError(result.message, code=result.code, hint=result.hint, where=result.where)
    return result.record


def _with_frozen(node: "Node", frozen: "FrozenSpec | None") -> "Node":
    from farm.plan.match_spec import MatchSpec

    assert isinstance(node.spec, MatchSpec)
    return replace(node, spec=replace(node.spec, frozen=frozen))


def _document(path: Path, frozen: "FrozenSpec", loaded: "LoadedAlbum") -> dict[str, object]:
    return {
        "file": str(path),
        "album_lufs": frozen.album_lufs,
        "songs": [
            {
                "title": each.name,
                "isrc": loaded.manifest.songs[each.song - 1].isrc,
                "goal_lufs": each.goal_lufs,
                "tone_db": list(each.tone_db),
                "side_db": list(each.side_db),
                "range_factor": each.range_factor,
                "ride_max_db": each.ride_max_db,
            }
            for each in frozen.songs
        ],
    }


def _text(path: Path, frozen: "FrozenSpec") -> str:
    album = "" if frozen.album_lufs is None else f", the album at {frozen.album_lufs:.1f} LUFS"
    count = len(frozen.songs)
    return "\n".join([*map(_row, frozen.songs), f"{path}: {count} song{'s' * (count != 1)} frozen{album}"])


def _row(trim: "FrozenTrim") -> str:
    level = "     - LUFS" if trim.goal_lufs is None else f"{trim.goal_lufs:6.1f} LUFS"
    tone_db = max(map(abs, trim.tone_db), default=0.0)
    return f"{trim.song:2}  {trim.name[:30]:30} {level}  tone {tone_db:.1f} dB"
