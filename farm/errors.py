"""Every error that farm raises on purpose, on one page.

FarmError                exit 1   something failed to render, or a delivered file missed its promise
├── UsageError           exit 2   wrong usage
├── ManifestError        exit 3   the manifest is invalid; carries every Diagnostic found
├── AudioError           exit 1   an input or artifact that cannot be used: unreadable, truncated, not finite
├── PluginError          exit 1   a plug-in is missing, refuses its settings, crashed, or hung
├── DeliveryError        exit 1   a file could not be encoded, tagged or put in place
├── LockedError          exit 6   somebody else is rendering this album into this place
├── StoreError           exit 7   the store cannot be reached or written
└── BackendError         exit 7   the cluster cannot be reached
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong with a manifest: where (1-based), what, why, and how to mend it."""

    file: str
    line: int
    column: int
    key: str
    code: str
    message: str
    hint: str | None = None
    source_line: str | None = None

    def render(self) -> str:
        """Return the diagnostic as a person reads it: position, reason, the line with a caret, the hint."""
        lines = [f"{self.file}:{self.line}:{self.column}: {self.message} [{self.code}]"]
        if self.source_line is not None:
            gutter = f"{self.line:5} | "
            indent = "".join("\t" if char == "\t" else " " for char in self.source_line[: self.column - 1])
            lines += [gutter + self.source_line, " " * (len(gutter) - 2) + "| " + indent + "^"]
        if self.hint:
            lines.append(f"      hint: {self.hint}")
        return "\n".join(lines)


class FarmError(Exception):
    """What, where and why, with a hint; `code` is stable and can be looked up."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, code: str, hint: str | None = None, where: str | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.hint, self.where = message, code, hint, where

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.code, self.hint, self.where))

    def render(self) -> str:
        """Return the error as a person reads it."""
        place = f"{self.where}: " if self.where else ""
        hint = f"\n      hint: {self.hint}" if self.hint else ""
        return f"{place}{self.message} [{self.code}]{hint}"


def _rebuild(kind: type[FarmError], message: str, code: str, hint: str | None, where: str | None) -> FarmError:
    return kind(message, code=code, hint=hint, where=where)


class UsageError(FarmError):
    exit_code = 2


class ManifestError(FarmError):
    exit_code = 3

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        count = len(self.diagnostics)
        super().__init__(f"{count} error{'s' * (count != 1)} in the manifest", code="manifest-invalid")

    def render(self) -> str:
        return "\n\n".join(diagnostic.render() for diagnostic in self.diagnostics)


class AudioError(FarmError):
    pass


class PluginError(FarmError):
    pass


class DeliveryError(FarmError):
    pass


class LockedError(FarmError):
    exit_code = 6


class StoreError(FarmError):
    exit_code = 7


class BackendError(FarmError):
    exit_code = 7
