"""What the manifest says of its processors is true of their sound."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from console_songs import RATE_HZ
from pydantic import BaseModel

from farm.dsp.chain import InsertChain
from farm.dsp.processor import Adjustable, Keyed, build_processor
from farm.manifest.automation import AutomatedTable
from farm.manifest.curves import SWITCHES, movable_keys
from farm.manifest.fields import keys_of, range_of
from farm.manifest.processors.base import KeyedParams, ProcessorParams
from farm.manifest.processors.registry import PROCESSORS
from farm.plan.inputs import Inputs
from farm.plan.insert import insert_specs
from farm.plan.spec import CurveSpec, InsertSpec, LaneSpec
from farm.plan.tempo import TempoMap

NEEDED: dict[str, dict[str, Any]] = {
    "eq": {"bands": [{"kind": "bell", "hz": 100, "gain_db": 3}]},
    "linear_phase_eq": {"bands": [{"kind": "bell", "hz": 100, "gain_db": 3}]},
    "compressor": {"threshold_db": -20, "ratio": 2},
    "delay": {"time_ms": 100},
    "multiband_compressor": {"crossovers_hz": [200], "bands": [{"threshold_db": -20, "ratio": 2}] * 2},
    "gain": {"gain_db": 1},
    "gate": {"threshold_db": -40},
    "deesser": {"threshold_db": -30},
    "tilt": {"gain_db": 1},
    "clipper": {"ceiling_dbfs": -3},
    "limiter": {"ceiling_dbtp": -1},
    "pitch_shift": {"semitones": 2},
}
"""What a processor cannot do without."""

ELSEWHERE = ("convolution", "vst3")
"""Those that need files have tests of their own."""

OWN = [each for each in PROCESSORS if each.__module__.startswith("farm.")]


def type_of(params: type[ProcessorParams]) -> str:
    return str(get_args(params.model_fields["type"].annotation)[0])


def build(params: type[ProcessorParams]) -> Any:
    type_ = type_of(params)
    model = params.model_validate({"type": type_, **NEEDED.get(type_, {})})
    return build_processor(type_, model.model_dump(mode="json", exclude={"type", "bypass", "key"}), RATE_HZ)


@pytest.mark.parametrize("params", [each for each in OWN if type_of(each) not in ELSEWHERE], ids=type_of)
def test_what_can_be_automated_can_be_adjusted_and_what_takes_a_key_listens(params: type[ProcessorParams]) -> None:
    processor = build(params)
    nested = "bands" in params.model_fields and "bands" not in params.fixed
    moves = bool([key for key in movable_keys(params) if key != "bypass"]) or nested
    assert isinstance(processor, Adjustable) == moves
    assert isinstance(processor, Keyed) == issubclass(params, KeyedParams)
    assert processor.latency_frames >= 0
    assert processor.tail_frames >= 0


@pytest.mark.parametrize("params", OWN, ids=type_of)
def test_what_is_named_as_fixed_or_as_a_file_exists(params: type[ProcessorParams]) -> None:
    assert params.fixed | params.limits | params.files.keys() <= params.model_fields.keys()
    assert issubclass(params, AutomatedTable)
    assert issubclass(params, BaseModel)


def moving(params: type[ProcessorParams]) -> InsertSpec:
    """Return a processor of which every number that can move does so, from its value some way through its range."""
    type_ = type_of(params)
    model: Any = params.model_validate({"type": type_, **NEEDED.get(type_, {})})
    spec = insert_specs([model], {}, TempoMap([], RATE_HZ), Inputs(lambda path: ""))[0]
    return replace(spec, lanes=tuple(lanes_of(model, ())))


def lanes_of(table: AutomatedTable, path: tuple[str | int, ...]) -> Iterator[LaneSpec]:
    for key in movable_keys(type(table)):
        low, high = range_of(keys_of(type(table))[key])
        value = getattr(table, key)
        if key not in SWITCHES and value is not None and low is not None and high is not None:
            goal = (
                (value * low) ** 0.5
                if low > 0 and value > low
                else value + 0.3 * ((high if value < high else low) - value)
            )
            points = ((300, value, "smooth"), (1700, goal, "hold"), (2500, value, "linear"), (4000, goal, "slow"))
            yield LaneSpec((*path, key), CurveSpec(points))
    for name in type(table).model_fields:
        items = getattr(table, name)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, AutomatedTable) and name not in table.fixed:
                yield from lanes_of(item, (*path, name, index))


def chain_output(insert: InsertSpec, sizes: int, frames: int) -> bytes:
    chain = InsertChain((insert,), RATE_HZ)
    audio = (0.2 * np.random.default_rng(1).standard_normal((frames, 2))).astype(np.float32)
    for start in range(0, frames, sizes):
        chain.process(audio[start : start + sizes])
    return audio.tobytes()


@pytest.mark.parametrize("size", [1, 63, 64, 65, 4096])
@pytest.mark.parametrize("params", [each for each in OWN if type_of(each) not in ELSEWHERE], ids=type_of)
def test_with_all_that_moves_moving_blocks_of_any_size_give_the_same_bytes(
    params: type[ProcessorParams], size: int
) -> None:
    insert, frames = moving(params), 2600 if size == 1 else 9000
    whole = chain_output(insert, 65_536, frames)
    assert chain_output(insert, size, frames) == whole
    if size != 1 and insert.lanes:
        assert chain_output(replace(insert, lanes=()), 65_536, frames) != whole, "what moves is heard"
