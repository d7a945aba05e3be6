"""Texts in the characters that a disc or an old reader knows: ISO 8859-1 or ASCII."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

UNKNOWN = "?"
"""Stands for a character that has no counterpart."""


def to_latin_1(text: str) -> str:
    """Return a text of printable ISO 8859-1 characters: others lose their accents, are spelt out, or become `?`."""
    return _spell(text, 0xFF)


def to_ascii(text: str) -> str:
    """Return a text of printable ASCII characters, in the same way."""
    return _spell(text, 0x7E)


def is_latin_1(text: str) -> bool:
    """Say whether a text stays as it is in ISO 8859-1."""
    return to_latin_1(text) == unicodedata.normalize("NFC", text)


def is_ascii(text: str) -> bool:
    """Say whether a text stays as it is in ASCII."""
    return to_ascii(text) == unicodedata.normalize("NFC", text)


def _spell(text: str, last: int) -> str:
    return "".join(_spell_character(character, last) for character in unicodedata.normalize("NFC", text))


def _spell_character(character: str, last: int) -> str:
    if _fits(character, last):
        return character
    if character.isspace():
        return " "
    spelt = _load_spellings().get(character)
    return _spell_parts(character, last) if spelt is None else spelt


def _spell_parts(character: str, last: int) -> str:
    """Spell what a character is composed of, without its accents."""
    parts = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    if parts == [character]:
        return "" if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc") else UNKNOWN
    spelt = "".join(_spell_character(part, last) for part in parts)
    return spelt if spelt.strip(UNKNOWN) or not spelt else UNKNOWN


def _fits(character: str, last: int) -> bool:
    return character.isprintable() and ord(character) <= last


@cache
def _load_spellings() -> Mapping[str, str]:
    """Return the spelling of each character that decomposing does not help, in both cases."""
    table = tomllib.loads(files("farm").joinpath("data/spellings.toml").read_text("utf-8"))
    spellings: dict[str, str] = {}
    for letters in table.values():
        for letter, spelt in letters.items():
            spellings[letter] = spelt
            if letter.upper() != letter and len(letter.upper()) == 1:
                spellings[letter.upper()] = spelt.capitalize()
    return spellings
