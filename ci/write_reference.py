"""Writes docs/reference/ from farm's own models, commands and tables; run by `ci/docs`."""

import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any

import typer.main

from farm import errors
from farm.cli.main import app
from farm.errors import ManifestError
from farm.manifest.builtin_presets import load_builtin_presets
from farm.manifest.diagnostics import CODES
from farm.manifest.load import load_album
from farm.manifest.processors.registry import OWN_PROCESSORS
from farm.manifest.schema import build_schemas
from farm.manifest.targets import NamedTarget, load_targets

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"

_GENERATED = "<!-- Written by ci/docs. Change the code that it is made from, not this page. -->"
_BAND, _PROCESSOR = "kind", "type"
"""The keys by which the tables of one array are told apart."""

_AUTOMATION = "Automation"
_MOST_HEADERS = 4

_ERROR_LINE = re.compile(r"(\w+Error) +exit (\d+) +(.+)")
_DEFAULT_IN_HELP = re.compile(r"\s*\[default: (.+)\]")

_SPELLING_SLIP = """\
schema = 1

[album]
title = "Low Tide"
artist = "The Example"

[target]
loudness_lufs = -3
ceiling_dbpt = -1.0
"""

Schema = Mapping[str, Any]


def build_pages() -> dict[str, str]:
    """Return the pages of the reference by file name. The same code gives the same text."""
    schemas = build_schemas()
    tables = schemas["album.schema.json"]["$defs"] | {"Manifest": schemas["album.schema.json"]}
    return {
        "manifest.md": _page("The manifest", _manifest(tables)),
        "processors.md": _page("Processors", _processors(tables)),
        "targets.md": _page("Targets by name", _targets()),
        "presets.md": _page("Mastering chains", _presets()),
        "commands.md": _page("Commands", _commands()),
        "errors.md": _page("What can be wrong with a manifest", _errors()),
    }


def main() -> None:
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, text in build_pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{REFERENCE / name}\n")


def _page(title: str, parts: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", _GENERATED, *parts]) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; a bar inside a cell would end it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _manifest(tables: Mapping[str, Schema]) -> Iterator[str]:
    places = _find_places(tables)
    yield (
        "An album is a TOML file. A key that is not listed here is an error, and so is a value of another type; a "
        "whole number passes for a number. Relative paths start from the folder of the file that holds them, those of "
        "stems from the folder of `--audio` if that is given. How it is used: [mixing](../guides/mixing.md), "
        "[mastering and matching](../guides/mastering-and-matching.md), [delivery](../guides/delivery.md)."
    )
    for name, headers in places.items():
        yield f"## {_heading(name, places)}"
        yield " ".join([tables[name]["description"], *_also(headers[1:])])
        if name == "SongFile":
            yield (
                "There the song's tables lose `song.`: `[[strip]]`, `[[bus]]`, `[[return]]`, `[master]`. An entry of "
                "the album holds either `file` or the keys of [a song](#song)."
            )
        yield _keys(tables[name], places)


def _also(headers: Sequence[str]) -> Iterator[str]:
    if headers:
        more = ", and wherever else it fits" if len(headers) > _MOST_HEADERS else ""
        yield f"Also written as {', '.join(f'`{header}`' for header in headers[:_MOST_HEADERS])}{more}."


def _heading(name: str, places: Mapping[str, Sequence[str]]) -> str:
    if name == "Manifest":
        return "The file"
    return "`[[song]]` in a file of its own" if name == "SongFile" else f"`{places[name][0]}`"


def _find_places(tables: Mapping[str, Schema]) -> dict[str, list[str]]:
    """Return every table of a manifest, in the order in which it is explained, with the headers that open it."""
    places: dict[str, list[str]] = {"Manifest": [""]}
    _visit("Manifest", "", tables, places)
    return places


def _visit(name: str, path: str, tables: Mapping[str, Schema], places: dict[str, list[str]]) -> None:
    fields = tables[name]["properties"]
    for key in sorted(fields, key=lambda key: key in ("defaults", "preset")):
        dotted = f"{path}.{key}" if path else key
        for child, form in _children(fields[key]):
            inner = f"{dotted}.NAME" if form == "named" else dotted
            header = f"[[{inner}]]" if form == "array" else f"[{inner}]"
            places.setdefault(child, []).append(header)
            _visit(child, inner, tables, places)


def _children(field: Schema) -> Iterator[tuple[str, str]]:
    """Yield the tables that a field holds, and whether as one table, as an array of them, or under names."""
    if "$ref" in field:
        yield field["$ref"].rsplit("/", 1)[1], "table"
    if "$ref" in (named := field.get("additionalProperties") or {}):
        yield named["$ref"].rsplit("/", 1)[1], "named"
    if (items := field.get("items")) and "discriminator" not in items:
        yield from ((child, "array") for child, _ in _children(items))
    for choice in (*field.get("anyOf", ()), *field.get("oneOf", ())):
        yield from _children(choice)


def _keys(table: Schema, places: Mapping[str, Sequence[str]]) -> str:
    """Return the table of a table's keys, those first that it needs."""
    required = table.get("required", ())
    rows = []
    for key, field in sorted(table["properties"].items(), key=lambda item: item[0] not in required):
        default = "required" if key in required else _default(field)
        meaning = field.get("description") or _own_words(field, places)
        rows.append((f"`{key}`", _value(field, places), default, meaning))
    return _table(("key", "value", "default", "meaning"), rows)


def _own_words(field: Schema, places: Mapping[str, Sequence[str]]) -> str:
    return f"See {_link(next(_children(field))[0], places)}."


def _link(name: str, places: Mapping[str, Sequence[str]]) -> str:
    """Return a link to a table's section, on this page or, from that of the processors, on the manifest's."""
    if name not in places:
        return f"[{_inner_heading(name)}](#{slug(_inner_heading(name))})"
    heading = _heading(name, places)
    page = "manifest.md" if name == _AUTOMATION and "Manifest" not in places else ""
    return f"[{heading}]({page}#{slug(heading)})"


def _inner_heading(name: str) -> str:
    """Return the heading of a table that only one processor has: `Compressor band`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def slug(heading: str) -> str:
    """Return the anchor that Markdown viewers make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _default(field: Schema) -> str:
    if field.get("default") is not None:
        return f"`{json.dumps(field['default'], ensure_ascii=False)}`"
    return "`[]`" if field.get("type") == "array" and "minItems" not in field else ""


def _value(field: Schema, places: Mapping[str, Sequence[str]]) -> str:
    """Return what a key takes, in words: type, choices, range."""
    choices = [each for each in (*field.get("anyOf", ()), *field.get("oneOf", ())) if each.get("type") != "null"]
    if choices:
        return " or ".join(_value(each, places) for each in choices)
    if "const" in field or "enum" in field:
        return ", ".join(f"`{json.dumps(value)}`" for value in field.get("enum", [field.get("const")]))
    if tagged := field.get("items", {}).get("discriminator"):
        page = "processors.md"
        what = f"[bands]({page}#bands-of-an-eq)" if tagged["propertyName"] == _BAND else f"[processors]({page})"
        return f"array of {what}"
    if children := list(_children(field)):
        linked = " or ".join(_link(child, places) for child, _ in children)
        return {"table": "table", "named": "tables by name", "array": "array of tables"}[children[0][1]] + f": {linked}"
    if field["type"] == "array":
        return f"array of {_value(field['items'], places)}"
    words = {"number": "number", "integer": "whole number", "boolean": "`true`, `false`", "string": "text"}
    return words.get(field["type"], "table") + _range(field)


def _range(field: Schema) -> str:
    low = field.get("minimum", field.get("exclusiveMinimum"))
    if low is None:
        return ""
    above = "above " if "exclusiveMinimum" in field else ""
    return f", {above}{low:g} to {field['maximum']:g}"


def _processors(tables: Mapping[str, Schema]) -> Iterator[str]:
    yield (
        'An entry of `inserts` is a table whose `type` names the processor: `{ type = "gain", gain_db = -3.0 }`. All '
        "work on stereo. The version is that of the sound and part of every [key](../guides/caching.md)."
    )
    automation = {_AUTOMATION: _find_places(tables)[_AUTOMATION]}
    for processor in OWN_PROCESSORS:
        table = tables[processor.__name__]
        yield f"## {table['properties'][_PROCESSOR]['const']}"
        yield f"{table['description']} Version {processor.version}."
        yield _keys(table, automation)
        for name in _inner_tables(table):
            yield f"### {_inner_heading(name)}"
            yield tables[name]["description"]
            yield _keys(tables[name], automation)
    yield "## Bands of an eq"
    yield "An entry of `bands` is a table whose `kind` names the filter."
    items = tables["Eq"]["properties"]["bands"]["items"]
    for choice in items["oneOf"]:
        band = tables[choice["$ref"].rsplit("/", 1)[1]]
        kinds = band["properties"][_BAND]
        yield f"### {', '.join(kinds.get('enum', [kinds.get('const')]))}"
        yield band["description"]
        yield _keys(band, automation)


def _presets() -> Iterator[str]:
    yield (
        'These chains come with farm: `preset = "farm/warm"` in `[song.master]`, or in `[defaults.master]` for every '
        "song. The master's own `inserts` follow behind. They are made for mixes between -24 and -14 LUFS with true "
        "peaks below 0 dBTP, change the loudness by less than 2 LU, and hold no limiter: [finishing](../guides/"
        "mastering-and-matching.md) has one. To change one, copy it into the album."
    )
    for name, preset in load_builtin_presets().items():
        yield f"## {name}"
        yield preset["description"]
        inserts = "".join(f"  {_inline(insert)},\n" for insert in preset["inserts"])
        yield f"```toml\n[preset.{name.rpartition('/')[2]}]\ninserts = [\n{inserts}]\n```"


def _inline(value: Any) -> str:
    """Return a value as TOML writes it in one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_inline(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


def _inner_tables(table: Schema) -> list[str]:
    """Return the tables that a processor holds, without automation and the bands of an eq."""
    found = [name for field in table["properties"].values() for name, _ in _children(field)]
    return [name for name in found if name != _AUTOMATION]


def _targets() -> Iterator[str]:
    yield (
        'What services, standards and media ask of a record. `name = "spotify"` in `[target]` sets all that is in its '
        "row; what the manifest says itself counts more. Services change what they ask: look at the date. Where no "
        "source tells how albums are treated, the mode is `album`, which keeps the distances between the songs."
    )
    head = ("name", "who asks", "LUFS", "mode", "dBTP at most", "LUFS of 3 s at most")
    yield _table(head, (_target_row(name, target) for name, target in load_targets().items()))
    yield "## Sources"
    for name, target in load_targets().items():
        note = f" {target.note}" if target.note else ""
        yield f"`{name}`: {target.source} (looked up {target.checked}).{note}"


def _target_row(name: str, target: NamedTarget) -> tuple[str, ...]:
    short_term = "" if target.max_short_term_lufs is None else f"{target.max_short_term_lufs:g}"
    loudness, ceiling = f"{target.loudness_lufs:g}", f"{target.ceiling_dbtp:g}"
    return f"`{name}`", target.title, loudness, f"`{target.loudness_mode}`", ceiling, short_term


def _commands() -> Iterator[str]:
    group = typer.main.get_command(app)
    yield "Results go to stdout, everything else to stderr. `ALBUM` is a file or a folder that holds an `album.toml`."
    yield _table(("option of farm itself", "meaning"), [(_names(each), _help(each)[0]) for each in group.params])
    for name, command in _all_commands(group):
        yield f"## farm {name}"
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        usage = [each.metavar if each.required else f"[{each.metavar}]" for each in arguments]
        yield f"{command.help}\n\n```\nfarm {' '.join([name, '[OPTIONS]', *usage])}\n```"
        yield _table(("argument or option", "default", "meaning"), map(_parameter, command.params))
    yield "## Exit codes"
    yield _table(("exit code", "meaning", "error"), _exit_codes())


def _all_commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with its name, those of a group behind the group's."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _all_commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def _parameter(parameter: Any) -> tuple[str, str, str]:
    meaning, default = _help(parameter)
    if parameter.required:
        default = "required"
    elif not default and isinstance(parameter.default, str | Path):
        default = f"`{parameter.default}`"
    elif parameter.secondary_opts:
        default = f"`{(parameter.opts if parameter.default else parameter.secondary_opts)[0]}`"
    if parameter.envvar:
        default = f"`{parameter.envvar}`, else {default}"
    return _names(parameter), default, meaning


def _help(parameter: Any) -> tuple[str, str]:
    """Return a parameter's help without the default that it tells, and that default."""
    found = _DEFAULT_IN_HELP.search(parameter.help)
    return (parameter.help[: found.start()], found[1]) if found else (parameter.help, "")


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar}`"
    value = f" {parameter.metavar}" if parameter.metavar else ""
    return ", ".join(f"`{name}{value}`" for name in (*parameter.opts, *parameter.secondary_opts))


def _exit_codes() -> Iterator[tuple[str, str, str]]:
    yield "0", "all well", ""
    found = [match.groups() for match in _ERROR_LINE.finditer(errors.__doc__ or "")]
    yield from sorted(((code, meaning, f"`{name}`") for name, code, meaning in found), key=lambda row: row[0])
    yield "130", "interrupted; what was finished is kept", ""


def _errors() -> Iterator[str]:
    yield "`farm check`, and every command that reads a manifest, names all errors at once:"
    yield f"```\n{_example()}\n```"
    yield "The code in brackets is stable; `farm check --json` has it under `code`."
    yield _table(("code", "meaning"), [(f"`{code}`", meaning) for code, meaning in CODES.items()])


def _example() -> str:
    """Return what a manifest with slips is answered, as it is printed."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        manifest = Path("album.toml")
        manifest.write_text(_SPELLING_SLIP)
        try:
            load_album(manifest)
        except ManifestError as error:
            return error.render()
    raise AssertionError("the example is meant to be wrong")


if __name__ == "__main__":
    main()
