"""One name or several under one key: the buses of a strip, the artists of a song."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from farm.manifest.table import check_text


def parse_names(written: Any) -> tuple[str, ...]:
    """Return one name or several as they were written: a text, or an array of texts without doubles."""
    names = [written] if isinstance(written, str) else written
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise PydanticKnownError("string_type")
    for name in names:
        check_text(name)
    return tuple(dict.fromkeys(names))


def parse_people(written: Any) -> tuple[str, ...]:
    """Return the names of at least one person or band, else raise `bad-text`."""
    names = parse_names(written)
    if not names:
        raise PydanticCustomError("bad-text", "the array names nobody")
    return names


_TEXT = {"type": "string", "minLength": 1}

Names = Annotated[
    tuple[str, ...],
    BeforeValidator(parse_names),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}),
]
"""A name, or an array of names."""

People = Annotated[
    tuple[str, ...],
    BeforeValidator(parse_people),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}),
]
"""A name, or an array of at least one name."""
