"""The verdict on a song in words: one line if all is well, and one for each thing that is not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from farm.album.judged import Finding
from farm.report.figures import DIGITS


def verdict_text(findings: Sequence[Finding]) -> list[str]:
    """Return what a song came to, `-14.0 LUFS, -1.0 dBTP, limiter 2.1 dB at most` (a limiter that did nothing is not
    named), then a line for each finding that is not as asked."""
    return [_figures(findings), *(_line(each) for each in findings if each.status != "ok")]


def verdict_document(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return all findings as JSON facts; numbers are rounded to thousandths."""
    return [
        {key: round(value, DIGITS) if isinstance(value, float) else value for key, value in asdict(each).items()}
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


_WORDS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("tone", "dB"): ("from the aim before", "after"),
    ("width", "dB"): ("from the aim before", "after"),
    ("limiting", "dB"): ("allowed", "taken off"),
    ("short-term", "LUFS"): ("at most", "found"),
    ("ceiling", "dBTP"): ("at most", "found"),
    ("codec", "dBTP"): ("at most", "found"),
    ("codec", "dB"): ("at most", "taken off"),
    ("edges", "s"): ("at most", "found"),
    ("edges", "dBFS"): ("at most", "found"),
    ("stereo", ""): ("at least", "found"),
    ("dc", "dBFS"): ("at most", "found"),
}
"""What is called by other words than `asked` and `reached`, by aspect and unit: limits are not asked for."""


def finding_line(finding: Finding, name: str) -> str:
    """Return one finding: `missed: loudness: -9.0 LUFS asked, -9.8 LUFS reached: the limiter would have had to ...`.
    What is as asked has no status in front."""
    words = _WORDS.get((finding.aspect, finding.unit), ("asked", "reached"))
    figures = ", ".join(
        f"{_quantity(value, finding.unit)} {word}"
        for value, word in zip((finding.asked, finding.reached), words, strict=True)
        if value is not None
    )
    status = "" if finding.status == "ok" else finding.status
    return ": ".join(filter(None, (status, name, figures, finding.why)))


def _line(finding: Finding) -> str:
    """A warning of translation says its figures itself."""
    if finding.aspect == "translation":
        return f"{finding.status}: translation: {finding.why}"
    return finding_line(finding, f"{finding.aspect} ({finding.subject})" if finding.subject else finding.aspect)


def _quantity(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.1f} {unit}".rstrip()
