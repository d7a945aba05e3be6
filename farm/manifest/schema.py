"""The JSON Schemas by which editors complete and check manifests while they are written."""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from farm.manifest.models import Manifest
from farm.manifest.song import Song, SongFile

_REF = "#/$defs/{model}"


def build_schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas by file name: of an album, and of a song that has a file of its own."""
    album = _definitions(Manifest)
    album["properties"]["song"]["items"] = {"anyOf": [{"$ref": "#/$defs/Song"}, {"$ref": "#/$defs/SongFile"}]}
    return {"album.schema.json": album, "song.schema.json": _definitions(Song)}


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas into a folder and return their paths. The same models give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, schema in build_schemas().items():
        path = folder / name
        path.write_text(format_schema(schema), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def format_schema(schema: dict[str, Any]) -> str:
    """Return a schema as text, in the order of the models' fields."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _definitions(model: type[Manifest] | type[Song]) -> dict[str, Any]:
    """Return a model's schema with all that it refers to under `$defs`, as JSON Schema draft 7 allows."""
    _, schema = models_json_schema([(model, "validation"), (SongFile, "validation")], by_alias=True)
    definitions = schema["$defs"]
    own = definitions.pop(model.__name__)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **own, "$defs": definitions}
