"""One TOML file: read, decoded and parsed, or refused with the position of what is wrong with it."""

import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farm.errors import Diagnostic, ManifestError
from farm.manifest.diagnostics import Loc

if TYPE_CHECKING:
    from farm.manifest.positions import Positions

MAX_BYTES = 16 * 1024 * 1024
"""Some fifty times the manifest of an album with twenty songs of forty strips."""

_MAX_SHOWN_LINE = 300
_AT_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_LONG_NUMBER = re.compile(r"0[xob][0-9A-Fa-f_]{16,}|\d[\d_]{18,}")
_HINTS = (
    ("Unescaped '\\'", "write folders with /, or a text with backslashes in 'single quotes'"),
    ("Invalid value", "texts are written in quotes, numbers with a point, true and false in small letters"),
    ("Cannot overwrite a value", "a table can hold a key once"),
    ("Cannot declare", "[x] opens a table once; [[x]] begins one of several"),
    ("Duplicate inline table key", "a table can hold a key once"),
    ("Unclosed array", "items are separated by commas, and ] ends them"),
    ("Unclosed inline table", "{ } holds key = value, separated by commas, on one line, without a comma at the end"),
    ("Unterminated string", "a text ends with the quote that it began with, on the same line"),
    ("Illegal character '\\n'", "a text ends with the quote that it began with, on the same line"),
)


class TomlFile:
    """A file's text and data; positions are found when asked for."""

    def __init__(self, path: Path, text: str, data: dict[str, Any]) -> None:
        self.path, self.text, self.data = path, text, data

    @cached_property
    def positions(self) -> "Positions":
        from farm.manifest.positions import Positions

        return Positions(self.text)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.replace("\r\n", "\n").split("\n")

    def line(self, number: int) -> str | None:
        """Return a line to be shown under an error, or None if it is too long to be shown."""
        line = self.lines[number - 1]
        if len(line) > _MAX_SHOWN_LINE:
            return None
        return "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in line)


def load_toml(path: Path) -> TomlFile:
    """Return a TOML file. Raises ManifestError with one diagnostic when it is none, OSError when it cannot be read."""
    with path.open("rb") as stream:
        raw = stream.read(MAX_BYTES + 1)
    text = _decode(path, raw)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        message = "arrays or tables are nested too deeply"
        raise _refused(path, text, _find_depth(text), "nested-too-deep", message) from None
    except ValueError as error:
        raise _syntax_error(path, text, error) from None
    if not data:
        raise _refused(path, text, 0, "empty-file", "the file holds no key", "`farm init` writes a starting album")
    file = TomlFile(path, text, data)
    if _LONG_NUMBER.search(text) and (loc := _find_oversized(data)):
        line, column = file.positions.nearest(loc)
        message = "not valid TOML: a whole number has at most 64 bits"
        raise ManifestError([Diagnostic(str(path), line, column, "", "toml-syntax", message, None, file.line(line))])
    return file


def _find_oversized(data: dict[str, Any]) -> Loc | None:
    """Return the place of a whole number that TOML does not hold but Python would, at any length."""
    left: list[tuple[Loc, Any]] = [((), data)]
    for loc, value in left:
        if isinstance(value, dict):
            left += [((*loc, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            left += [((*loc, index), item) for index, item in enumerate(value)]
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            return loc
    return None


def _decode(path: Path, raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1024**2} MiB"
        raise _refused(path, "", 0, "file-too-large", message, "is this a manifest? A song can have a file of its own")
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        message = "the file begins with a byte order mark"
        raise _refused(path, "", 0, "byte-order-mark", message, "save it as UTF-8 without BOM")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode().replace("\r\n", "\n")
        message = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        shown = raw.decode(errors="replace")
        raise _refused(path, shown, len(before), "not-utf8", message, "save the file as UTF-8") from None
    if "\0" in text:
        message = "the file holds a NUL byte"
        raise _refused(path, text, text.replace("\r\n", "\n").index("\0"), "nul-byte", message, "is this a text file?")
    return text


def _syntax_error(path: Path, text: str, error: ValueError) -> ManifestError:
    """tomllib names line and column in its message, except of a number with too many digits."""
    message = str(error)
    if not (found := _AT_POSITION.search(message)):
        digits = _LONG_NUMBER.search(text)
        return _refused(path, text, digits.start() if digits else 0, "toml-syntax", "the number has too many digits")
    source = text.replace("\r\n", "\n")
    if found[1]:
        offset = sum(len(line) + 1 for line in source.split("\n")[: int(found[1]) - 1]) + int(found[2]) - 1
    else:
        offset = len(source.rstrip())
    reason = message[: found.start()]
    if reason.startswith("Unescaped"):
        offset -= 2  # tomllib has read the backslash and the character behind it
    hint = next((hint for start, hint in _HINTS if reason.startswith(start)), None)
    if reason.startswith("Expected newline") and source[offset : offset + 1] == ",":
        hint = "decimals are written with a point: 0.5"
    return _refused(path, text, offset, "toml-syntax", f"not valid TOML: {reason[0].lower()}{reason[1:]}", hint)


def _refused(path: Path, text: str, offset: int, code: str, message: str, hint: str | None = None) -> ManifestError:
    """Return the error for an offset into the text, counted with line ends of one character."""
    before = text.replace("\r\n", "\n")[:offset]
    line, column = before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
    shown = TomlFile(path, text, {}).line(line) if text else None
    return ManifestError([Diagnostic(str(path), line, column, "", code, message, hint, shown)])


def _find_depth(text: str, limit: int = 100) -> int:
    """Return the offset of the bracket that exceeds a depth; brackets inside texts count too."""
    depth = 0
    source = text.replace("\r\n", "\n")
    for found in re.finditer(r"[\[\]{}]", source):
        depth += 1 if found[0] in "[{" else -1
        if depth > limit:
            return found.start()
    return 0
