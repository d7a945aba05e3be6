"""The verdict on a song in words: one line if all is well, and one for each thing that is not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from farm.album.judged import Finding

_DIGITS = 3


def verdict_text(findings: Sequence[Finding]) -> list[str]:
    """Return what a song came to, `-14.0 LUFS, -1.0 dBTP, limiter 2.1 dB at most` (a limiter that did nothing is not
    named), then a line for each finding that is not as asked."""
    return [_figures(findings), *(_line(each) for each in findings if each.status != "ok")]


def verdict_document(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return all findings as JSON facts; numbers are rounded to thousandths."""
    return [
        {key: round(value, _DIGITS) if isinstance(value, float) else value for key, value in asdict(each).items()}
        for each in findings
    ]


def _figures(findings: Sequence[Finding]) -> str:
    figures = {each.aspect: each for each in reversed(findings) if each.reached}
    words = (
        _figure(figures.get("loudness"), ""),
        _figure(figures.get("ceiling"), ""),
        _figure(figures.get("limiting"), "limiter ", " at most"),
    )
    return ", ".join(filter(None, words)) or "no sound"


def _figure(finding: Finding | None, before: str, after: str = "") -> str:
    return "" if finding is None else f"{before}{_quantity(finding.reached, finding.unit)}{after}"


_WORDS: Mapping[str, tuple[str, str]] = {
    "tone": ("from the aim before", "after"),
    "width": ("from the aim before", "after"),
    "limiting": ("allowed", "taken off"),
}


def _line(finding: Finding) -> str:
    """Return one finding: `missed: loudness: -9.0 LUFS asked, -9.8 LUFS reached: the limiter would have had to ...`."""
    subject = f"{finding.aspect} ({finding.subject})" if finding.subject else finding.aspect
    if finding.aspect == "translation":
        return f"{finding.status}: translation: {finding.why}"
    words = _WORDS.get(finding.aspect, ("asked", "reached"))
    figures = ", ".join(
        f"{_quantity(value, finding.unit)} {word}"
        for value, word in zip((finding.asked, finding.reached), words, strict=True)
        if value is not None
    )
    return ": ".join(filter(None, (finding.status, subject, figures, finding.why)))


def _quantity(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.1f} {unit}".rstrip()
