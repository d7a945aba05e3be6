"""What a release says of itself in a form that is prescribed: dates, languages, lyrics, identifiers."""

import datetime
import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from farm.manifest.table import check_text

_MUSICBRAINZ_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check_date(text: str) -> str:
    """Return a date as ISO 8601 has it, `2026-11-24`, else raise `bad-date`."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError("year, month and day are wanted")
        datetime.date.fromisoformat(text)
    except ValueError as error:
        raise PydanticCustomError(
            "bad-date", "{text} is not a date: {reason}", {"text": repr(text), "reason": str(error)}
        ) from None
    return text


def check_language(text: str) -> str:
    """Return the three letters of a language (ISO 639-2), else raise `bad-language`."""
    if not re.fullmatch(r"[a-z]{3}", text):
        raise PydanticCustomError(
            "bad-language", "{text} is not a language: three small letters are wanted", {"text": repr(text)}
        )
    return text


def check_lyrics(text: str) -> str:
    """Return lyrics, which may have many lines, else raise `bad-text`."""
    check_text(text.replace("\n", " ").replace("\t", " "))
    return text.strip("\n")


def check_musicbrainz_id(text: str) -> str:
    """Return an identifier of MusicBrainz in small letters, else raise `bad-musicbrainz-id`."""
    identifier = text.lower()
    if not _MUSICBRAINZ_ID.fullmatch(identifier):
        raise PydanticCustomError(
            "bad-musicbrainz-id", "{text} is not an identifier of MusicBrainz", {"text": repr(text)}
        )
    return identifier


Date = Annotated[str, AfterValidator(check_date), Field(json_schema_extra={"format": "date"})]
Language = Annotated[str, AfterValidator(check_language), Field(json_schema_extra={"pattern": "^[a-z]{3}$"})]
Lyrics = Annotated[str, AfterValidator(check_lyrics), Field(json_schema_extra={"minLength": 1})]
MusicBrainzId = Annotated[str, AfterValidator(check_musicbrainz_id), Field(json_schema_extra={"format": "uuid"})]
