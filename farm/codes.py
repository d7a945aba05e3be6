"""Codes that identify recordings and releases: ISRC and UPC/EAN."""

import re

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")


def parse_isrc(text: str) -> str:
    """Return the 12 characters of an ISRC written with or without hyphens (ISO 3901; ISRC Bulletin 2015/01).

    Raises ValueError with the reason. There is no check digit, and every country prefix is accepted.
    """
    bare = re.sub(r"[\s-]", "", text.upper().removeprefix("ISRC"))
    if not _ISRC.fullmatch(bare):
        raise ValueError(
            f"{text!r} is not an ISRC: two letters, three letters or digits, then seven digits (QZ-ABC-26-00001)"
        )
    return bare


def gtin_check_digit(first_twelve: str) -> int:
    """Return the check digit of an EAN-13 (GS1: weights 1, 3, 1, 3, ... from the left)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(first_twelve))
    return (10 - total % 10) % 10


def parse_upc(text: str) -> str:
    """Return the 13 digits of a UPC-A or EAN-13; a UPC-A gains its leading 0. Raises ValueError with the reason."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{12,13}", digits):
        raise ValueError(f"{text!r} is not a UPC or EAN: 12 or 13 digits are wanted")
    ean = digits.rjust(13, "0")
    expected = gtin_check_digit(ean[:12])
    if int(ean[12]) != expected:
        raise ValueError(f"{text!r} has the check digit {ean[12]}, but its other digits ask for {expected}")
    return ean
