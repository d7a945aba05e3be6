"""The mastering chains that come with farm: `preset = "farm/warm"`, one file each in `farm/data/masters`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from farm.manifest.song import Preset

_PREFIX, _EXTENSION = "farm/", ".toml"


@cache
def load_builtin_presets() -> Mapping[str, Mapping[str, Any]]:
    """Return the chains by name, in the order of the names: `description` and `inserts`, as a manifest writes them."""
    folder = files("farm") / "data" / "masters"
    found = {file.name: file for file in folder.iterdir() if file.name.endswith(_EXTENSION)}
    return MappingProxyType(
        {
            _PREFIX + name.removesuffix(_EXTENSION): tomllib.loads(found[name].read_text(encoding="utf-8"))
            for name in sorted(found)
        }
    )


def find_preset(name: str, own: Mapping[str, Preset]) -> Preset:
    """Return the album's own preset of that name, else the one that comes with farm. Raises KeyError for neither."""
    if name in own:
        return own[name]
    return Preset.model_validate({"inserts": load_builtin_presets()[name]["inserts"]})
