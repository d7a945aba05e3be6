"""What the tables of a manifest share: strict types, no unknown keys, finite numbers, and the quantities they hold."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

MIX = "mix"
"""The name of the song's stereo sum, which no strip, bus or return may bear."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Table(BaseModel):
    """A table of a manifest. Whole numbers pass for floats; nothing else is converted."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


def check_text(text: str) -> str:
    """Return a text that is neither blank nor holds control characters, else raise `bad-text`."""
    if not text or text.isspace():
        raise PydanticCustomError("bad-text", "the text is empty")
    if found := _CONTROL.search(text):
        raise PydanticCustomError(
            "bad-text", "the text holds the control character {point}", {"point": f"U+{ord(found[0]):04X}"}
        )
    return text


def parse_path(written: Any) -> Path:
    """Return the path that was written, as it was written: not yet joined to the folder of its file."""
    if isinstance(written, Path):
        return written
    if not isinstance(written, str):
        raise PydanticKnownError("string_type")
    return Path(check_text(written))


def refuse_inexact(value: Any) -> Any:
    """Refuse true and 1.0 where one of some whole numbers is wanted: both equal 1 in Python."""
    if isinstance(value, bool | float):
        raise PydanticKnownError("int_type")
    return value


Text = Annotated[str, AfterValidator(check_text), Field(json_schema_extra={"minLength": 1})]
FilePath = Annotated[Path, BeforeValidator(parse_path), WithJsonSchema({"type": "string", "minLength": 1})]
Exact = BeforeValidator(refuse_inexact)
RateHz = Annotated[Literal[44100, 48000, 88200, 96000, 176400, 192000], Exact]
LevelDb = Annotated[float, Field(ge=-120.0, le=24.0)]
Pan = Annotated[float, Field(ge=-1.0, le=1.0)]
CornerHz = Annotated[float, Field(ge=10.0, le=20000.0)]
CeilingDbtp = Annotated[float, Field(ge=-20.0, le=0.0)]
