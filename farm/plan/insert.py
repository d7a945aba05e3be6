"""From the processors of a manifest to inserts with all that they need."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from farm.manifest.automation import AutomatedTable
from farm.manifest.processors.base import ProcessorParams
from farm.manifest.table import Table
from farm.plan.inputs import Inputs
from farm.plan.movement import curve_spec, find_curve
from farm.plan.spec import SILENT_KEY, InsertSpec, LaneSpec
from farm.plan.tempo import TempoMap

_NOT_SOUND = {"type", "bypass", "key", "automation"}


def insert_specs(
    inserts: Sequence[ProcessorParams], keys: Mapping[str, int], tempo: TempoMap, inputs: Inputs
) -> tuple[InsertSpec, ...]:
    """Return the inserts that are not bypassed for good. `keys` are those of the mix by the name of their channel."""
    return tuple(
        _insert_spec(insert, keys, tempo, inputs)
        for insert in inserts
        if not insert.bypass or find_curve(insert, "bypass", tempo)
    )


def _insert_spec(insert: ProcessorParams, keys: Mapping[str, int], tempo: TempoMap, inputs: Inputs) -> InsertSpec:
    params = {name: _plain(getattr(insert, name)) for name in type(insert).model_fields if name not in _NOT_SOUND}
    files = {name: inputs.spec(Path(params.pop(name))) for name in insert.files if params.get(name) is not None}
    limits = {name: params.pop(name) for name in insert.limits}
    if "beats" in params and (beats := params.pop("beats")) is not None:
        params["time_ms"] = tempo.beats_ms(beats)
    key = getattr(insert, "key", None)
    return InsertSpec(
        type=insert.type,
        version=insert.version,
        params=params,
        files=files,
        limits=limits,
        lanes=tuple(_lanes(insert, (), tempo)),
        bypass=find_curve(insert, "bypass", tempo),
        key=keys.get(key, SILENT_KEY) if key is not None else None,
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, without the automation of the tables in it."""
    if isinstance(value, Table):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields if name != "automation"}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value


def _lanes(table: AutomatedTable, path: tuple[str | int, ...], tempo: TempoMap) -> Iterator[LaneSpec]:
    """Yield what moves in a table and in the tables within it."""
    for automation in table.automation:
        if automation.of != "bypass":
            yield LaneSpec((*path, *automation.of.split(".", 1)), curve_spec(automation, tempo))
    for name in type(table).model_fields:
        value = getattr(table, name)
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, AutomatedTable):
                yield from _lanes(item, (*path, name, index), tempo)
