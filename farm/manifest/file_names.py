"""The names of what is delivered: what every file system takes, and the template that is filled in for each song."""

import re
import string
import unicodedata

FIELDS = ("number", "disc", "title", "version", "artist", "album", "isrc", "ext")

LONGEST_NAME_BYTES = 200
"""Most file systems take 255 bytes; the rest is for names that are put around this one (a temporary one, a copy)."""

_NUMBERS = ("number", "disc")
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(\..*)?", re.IGNORECASE)
"""Windows keeps these for devices, whatever follows the first dot (Win32, Naming Files, Paths, and Namespaces)."""
_NUMBER_FORMAT = re.compile(r"0?[1-9]?d?")


def safe_part(name: str, most_bytes: int = LONGEST_NAME_BYTES) -> str:
    """Return a name of a file or folder, or what it begins with, as every file system takes it: in Unicode NFC, at most
    so many bytes of UTF-8."""
    clean = _FORBIDDEN.sub("-", unicodedata.normalize("NFC", name)).strip(" .")
    clean = clean.encode()[:most_bytes].decode(errors="ignore").rstrip(" .\u200d")
    clean = clean or "untitled"
    return f"_{clean}" if _RESERVED.fullmatch(clean) else clean


def check_template(template: str) -> str:
    """Return a template that names only FIELDS and ends in `.{ext}`, else raise ValueError with the reason."""
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"the braces do not match ({error}); a literal brace is written twice") from None
    for literal, field, form, conversion in pieces:
        if found := _FORBIDDEN.search(literal):
            raise ValueError(f"a file name cannot hold {found[0]!r}; a folder is named by folder")
        if field is None:
            continue
        if field not in FIELDS:
            raise ValueError(f"{{{field}}} is not a field: there are {', '.join(FIELDS)}")
        if conversion or (form and not (field in _NUMBERS and _NUMBER_FORMAT.fullmatch(form))):
            raise ValueError(f"{{{field}}} takes no format; only {{number}} and {{disc}} do, as in {{number:02}}")
    if not template.endswith(".{ext}"):
        raise ValueError("it has to end in .{ext}")
    return template
