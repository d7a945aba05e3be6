"""Targets by name: what services, standards and media ask of a record, read from a data file with its sources."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class NamedTarget:
    """What somebody asks of a record: `title` says who, `source` where that is written, `checked` when it was looked
    up, `note` what is to be known besides."""

    title: str
    loudness_lufs: float
    loudness_mode: str
    ceiling_dbtp: float
    source: str
    checked: date
    max_short_term_lufs: float | None = None
    note: str | None = None

    def settings(self) -> dict[str, Any]:
        """Return what it says of the keys of the manifest's [target]."""
        return {
            "loudness_lufs": self.loudness_lufs,
            "loudness_mode": self.loudness_mode,
            "ceiling_dbtp": self.ceiling_dbtp,
            "max_short_term_lufs": self.max_short_term_lufs,
        }


@cache
def load_targets() -> Mapping[str, NamedTarget]:
    """Return all targets that have a name, by it, in the order of the data file."""
    text = files("farm").joinpath("data/targets.toml").read_text("utf-8")
    return MappingProxyType({name: NamedTarget(**table) for name, table in tomllib.loads(text).items()})
