"""The JSON Schemas are valid, current, and agree with the loader; every code and field has its words."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from farm.manifest.models import Manifest
from farm.manifest.schema import build_schemas, format_schema, write_schemas

ROOT = Path(__file__).parents[2]
EXAMPLE = tomllib.loads((Path(__file__).parent / "manifests" / "example.toml").read_text(encoding="utf-8"))


def is_valid(data: Any, name: str = "album.schema.json") -> bool:
    return jsonschema.Draft7Validator(build_schemas()[name]).is_valid(data)


def test_the_schemas_in_the_repository_are_current(tmp_path: Path) -> None:
    for path in write_schemas(tmp_path):
        assert (ROOT / "schemas" / path.name).read_bytes() == path.read_bytes(), "run: farm schema"


@pytest.mark.parametrize("name", build_schemas())
def test_the_schemas_are_json_schema_draft_7(name: str) -> None:
    schema = build_schemas()[name]
    jsonschema.Draft7Validator.check_schema(schema)
    assert json.loads(format_schema(schema)) == schema
    later = {"prefixItems", "unevaluatedProperties", "dependentRequired", "$dynamicRef"}
    assert not later & {key for table in tables_of(schema) for key in table}


def tables_of(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(table for item in value.values() for table in tables_of(item))]
    return [table for item in value for table in tables_of(item)] if isinstance(value, list) else []


def test_every_key_says_what_it_means() -> None:
    for schema in build_schemas().values():
        for name, table in {"top": schema, **schema["$defs"]}.items():
            assert table["description"], name
            for key, field in table.get("properties", {}).items():
                assert field.get("description") or field.keys() == {"$ref"}, f"{name}.{key}"


def test_the_example_of_the_design_is_valid_for_schema_and_models() -> None:
    assert is_valid(EXAMPLE)
    assert Manifest.model_validate(EXAMPLE).songs[0].title == "Undertow"


def test_a_song_of_its_own_file_is_valid_for_the_song_schema() -> None:
    (song,) = EXAMPLE["song"]
    assert is_valid(song, "song.schema.json")
    assert is_valid(EXAMPLE | {"song": [song, {"file": "songs/02.toml"}]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"albun": {}},
        {"schema": 2},
        {"schema": True},
        {"album": {"title": "Low Tide"}},
        {"target": {"loudness_lufs": -4}},
        {"target": {"ceiling_dbtp": "-1"}},
        {"song": []},
        {"song": [{"file": "songs/01.toml", "title": "One"}]},
        {"deliver": [{"format": "flak"}]},
        {"preset": {"vocal": {"inserts": [{"type": "gain"}]}}},
        {"preset": {"vocal": {"inserts": [{"type": "eq", "bands": [{"kind": "bell", "hz": 9}]}]}}},
    ],
)
def test_what_the_schema_refuses_the_models_refuse_too(wrong: dict[str, Any]) -> None:
    data = EXAMPLE | wrong
    assert not is_valid(data)
    with pytest.raises(ValueError, match="validation error"):
        Manifest.model_validate({**data, "song": [each for each in data["song"] if "file" not in each]})
