"""`farm store`: how large the store is, cleaning it up, and whether all in it is whole."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farm.cli.options import Json, Store, store_url
from farm.errors import UsageError

if TYPE_CHECKING:
    from farm.store.clean_up import CleanUp
    from farm.store.local import LocalStore
    from farm.store.verify import Verification

app = typer.Typer(help="Look after the store: its size, its clean-up, its integrity.", no_args_is_help=True)

Max = Annotated[
    str | None,
    typer.Option(
        "--max",
        metavar="SIZE",
        envvar="FARM_STORE_MAX",
        help="Remove what was used least recently until no more than this is left: 500MB, 20GB, 64GiB.  "
        "[default: no limit]",
    ),
]
OlderThan = Annotated[
    float | None,
    typer.Option("--older-than", min=0.0, metavar="DAYS", help="Remove what no render has used for so many days."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Remove nothing, only say what would go.")]

_SECONDS_A_DAY = 86400.0

_NAMES = {"group": "groups", "mix": "mixes", "master": "masters", "finish": "finished songs", "encode": "files"}
"""What people call the artifacts of a kind, in the order of a render."""


@app.command()
def du(store: Store = None, as_json: Json = False) -> None:
    """Show how large the store is, by what it is for and by album."""
    from farm.store.local import open_store

    document = _usage(open_store(store_url(store)))
    _print(document, _usage_text(document), as_json)


@app.command()
def gc(
    store: Store = None,
    max_size: Max = None,
    older_than: OlderThan = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Remove what is not needed any more; safe beside renders."""
    from farm.store.clean_up import clean_up
    from farm.store.local import open_store

    max_bytes = None if max_size is None else _parse_size(max_size)
    unused_seconds = None if older_than is None else older_than * _SECONDS_A_DAY
    opened = open_store(store_url(store))
    cleaned = clean_up(opened, max_bytes=max_bytes, unused_seconds=unused_seconds, dry_run=dry_run)
    document = _clean_up(cleaned, dry_run)
    _print(document, _clean_up_text(document), as_json)


@app.command()
def verify(store: Store = None, as_json: Json = False) -> None:
    """Hash everything in the store; ends with 1 if anything is damaged."""
    from farm.store.local import open_store
    from farm.store.verify import verify_store

    document = _verification(verify_store(open_store(store_url(store))))
    _print(document, _verification_text(document), as_json)
    raise typer.Exit(1 if document["damaged"] else 0)


def _print(document: dict[str, Any], text: str, as_json: bool) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False) if as_json else text)


def _parse_size(text: str) -> int:
    from farm.store.sizes import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise UsageError(str(error), code="bad-size") from None


def _usage(store: "LocalStore") -> dict[str, Any]:
    from farm.plan.history import keys_of
    from farm.store.notes import note_files, pinned, read_note
    from farm.store.usage import look_into, share_of, shares_by_kind, total_bytes

    contents = look_into(store)
    shares = shares_by_kind(contents)
    kinds = sorted(shares, key=lambda kind: ([*_NAMES, kind].index(kind), kind))
    albums = []
    for note in filter(None, map(read_note, note_files(store, "history"))):
        (path, solo), share = json.loads(note.name), share_of(contents, keys_of(note.value))
        albums.append({"album": note.value["title"], "file": path, "solo": solo, "size_bytes": share.size_bytes})
    albums.sort(key=lambda each: (each["file"], each["solo"]))
    records, quarantine = contents.records.values(), list((store.root / "quarantine").iterdir())
    return {
        "store": str(store.root),
        "kinds": [{"kind": each, "blobs": shares[each].blobs, "size_bytes": shares[each].size_bytes} for each in kinds],
        "records": {"count": len(records), "size_bytes": total_bytes(records)},
        "quarantine": {"count": len(quarantine), "size_bytes": sum(path.stat().st_size for path in quarantine)},
        "pinned": {"size_bytes": share_of(contents, sorted(pinned(store))).size_bytes},
        "albums": albums,
        "size_bytes": contents.size_bytes,
        "free_bytes": store.free_bytes(),
    }


def _usage_text(document: dict[str, Any]) -> str:
    rows = [(_NAMES.get(each["kind"], each["kind"]), each["blobs"], each["size_bytes"]) for each in document["kinds"]]
    rows += [("records", document["records"]["count"], document["records"]["size_bytes"])]
    if document["quarantine"]["count"]:
        rows += [("quarantine", document["quarantine"]["count"], document["quarantine"]["size_bytes"])]
    lines = [f"{name:16} {count:7,} {_size(size_bytes):>10}" for name, count, size_bytes in rows]
    lines += [f"{'in all':16} {'':7} {_size(document['size_bytes']):>10}, {_size(document['free_bytes'])} free", ""]
    for each in document["albums"]:
        solo = f", solo {', '.join(each['solo'])}" if each["solo"] else ""
        lines.append(f"{_size(each['size_bytes']):>10}  {each['album']}{solo}  {each['file']}")
    return "\n".join([document["store"], *lines]).rstrip()


def _clean_up(cleaned: "CleanUp", dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "blobs": len(cleaned.blobs),
        "records": len(cleaned.records),
        "freed_bytes": cleaned.freed_bytes,
        "left_bytes": cleaned.left_bytes,
        "spared_bytes": cleaned.spared_bytes,
    }


def _clean_up_text(document: dict[str, Any]) -> str:
    verb = "would remove" if document["dry_run"] else "removed"
    what = f"{verb} {document['blobs']} blobs and {document['records']} records"
    spared = f", {_size(document['spared_bytes'])} in use or pinned" if document["spared_bytes"] else ""
    return f"{what}: {_size(document['freed_bytes'])}; left {_size(document['left_bytes'])}{spared}"


def _verification(verified: "Verification") -> dict[str, Any]:
    return {
        "blobs": verified.blobs,
        "records": verified.records,
        "size_bytes": verified.size_bytes,
        "damaged": [{"what": each.what, "name": each.name, "file": str(each.path)} for each in verified.damaged],
    }


def _verification_text(document: dict[str, Any]) -> str:
    damaged: Iterable[dict[str, str]] = document["damaged"]
    lines = [
        f"{each['what']} {each['name']} is damaged: set aside, it is made again when it is wanted" for each in damaged
    ]
    looked_at = f"{document['blobs']} blobs ({_size(document['size_bytes'])}) and {document['records']} records"
    return "\n".join([*lines, f"{looked_at}, {len(document['damaged'])} damaged"])


def _size(size_bytes: int) -> str:
    from farm.store.sizes import format_size

    return format_size(size_bytes)
