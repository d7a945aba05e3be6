"""Whatever a manifest holds, the answer is an album or diagnostics that point into its text."""

import copy
import datetime
import json
import math
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest_files import write_inputs

from farm.errors import Diagnostic, ManifestError
from farm.manifest.diagnostics import CODES
from farm.manifest.load import load_album

EXAMPLE = tomllib.loads((Path(__file__).parent / "manifests" / "example.toml").read_text(encoding="utf-8"))
EXAMPLE["target"]["tone"]["reference"] = [{"file": "lead.wav", "weight": 2}]
EXAMPLE["defaults"] = {"strip": {"gain_db": -1.0, "bus": "drums"}, "master": {"preset": "warm"}}
EXAMPLE["preset"]["warm"] = {"inserts": [{"type": "gain", "gain_db": 1.0}]}
EXAMPLE["deliver"] += [{"format": "mp3", "bitrate_kbps": 320, "rate_hz": 48000, "name": "{number} {isrc}.{ext}"}]

words = st.sampled_from(
    [
        "",
        "mix",
        "drums",
        "plate",
        "lead",
        "kick.wav",
        "eq",
        "bell",
        "album",
        "type",
        "kind",
        "file",
        "inserts",
        "\0",
        "~x",
    ]
)
scalars = st.one_of(
    words,
    st.text(max_size=5),
    st.booleans(),
    st.integers(),
    st.sampled_from([math.nan, math.inf, -0.0, 1e308, 10**400]),
    st.just(20000).map(lambda bits: 1 << bits),
    st.just(datetime.date(2026, 2, 28)),
    st.just(datetime.time(7, 30)),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)


def places(value: Any, loc: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here for key, item in items for here in ((*loc, key), *places(item, (*loc, key)))]


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """Return the example with some of its values replaced, left out, renamed or added to."""
    data = copy.deepcopy(EXAMPLE)
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(places(data) or [("schema",)]))
        parent: Any = data
        for part in path:
            parent = parent[part]
        action = draw(st.sampled_from(["replace", "remove", "rename"]))
        old = parent.pop(last) if action != "replace" and last in (parent if isinstance(parent, dict) else ()) else None
        if action == "replace" or isinstance(parent, list):
            parent[last] = draw(values)
        elif action == "rename":
            parent[draw(words)] = old
    return data


def write_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{write_text(key)} = {write_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",\n".join(write_value(item) for item in value) + "]"
    if isinstance(value, str):
        return write_text(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > 8000:
        return hex(value)
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def write_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def find_faults(path: Path) -> tuple[Diagnostic, ...]:
    try:
        load_album(path)
    except ManifestError as error:
        assert error.render().count("\n\n") == len(error.diagnostics) - 1  # noqa: PT017
        return error.diagnostics
    return ()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(spoilt())
def test_a_spoilt_manifest_gives_an_album_or_diagnostics(tmp_path: Path, data: dict[str, Any]) -> None:
    write_inputs(tmp_path)
    text = "".join(f"{write_text(key)} = {write_value(item)}\n" for key, item in data.items())
    path = tmp_path / "album.toml"
    path.write_text(text, encoding="utf-8", newline="")
    lines = text.split("\n")
    for each in find_faults(path):
        assert each.code in CODES
        assert each.file == str(path)
        assert 1 <= each.column <= len(lines[each.line - 1]) + 1
        assert 0 < len(each.message) < 500
