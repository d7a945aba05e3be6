"""A moment of a song: seconds from its beginning, or bar and beat."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_LONGEST_SECONDS = 86_400.0
_BAR_AND_BEAT = re.compile(r"([1-9]\d{0,5}):([1-9]\d{0,2}(?:\.\d{1,9})?)")


@dataclass(frozen=True, slots=True)
class Moment:
    """`seconds` from the song's beginning, or a bar and a beat, both counted from 1 and a beat with a fraction."""

    seconds: float | None = None
    bar: int = 1
    beat: float = 1.0

    @property
    def is_musical(self) -> bool:
        """Whether a tempo is needed to find it."""
        return self.seconds is None


def parse_moment(written: Any) -> Moment:
    """Return the moment that was written, else raise `bad-moment`."""
    if isinstance(written, Moment):
        return written
    if isinstance(written, int | float) and not isinstance(written, bool) and 0.0 <= written <= _LONGEST_SECONDS:
        return Moment(float(written))
    if isinstance(written, str) and (found := _BAR_AND_BEAT.fullmatch(written)):
        return Moment(None, int(found[1]), float(found[2]))
    shown = repr(written) if isinstance(written, str) else str(written)
    reason = "is no moment of a song: seconds from 0 to 86400, or bar and beat in quotes"
    raise PydanticCustomError("bad-moment", "{shown} {reason}", {"shown": shown[:60], "reason": reason})


if TYPE_CHECKING:
    Time = Moment
else:
    Time = Annotated[
        Any,
        PlainValidator(parse_moment),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "number", "minimum": 0, "maximum": _LONGEST_SECONDS},
                    {"type": "string", "pattern": f"^{_BAR_AND_BEAT.pattern}$"},
                ]
            }
        ),
    ]
"""Seconds as a number, or "17:3.5": bar 17, half-way through its third beat."""
