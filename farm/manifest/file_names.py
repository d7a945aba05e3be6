"""The template of delivered files' names, checked when it is read; delivery fills it in for each song."""

import re
import string

FIELDS = ("number", "disc", "title", "version", "artist", "album", "isrc", "ext")

_NUMBERS = ("number", "disc")
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
_NUMBER_FORMAT = re.compile(r"0?[1-9]?d?")


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
