"""What the manifest says of its processors is true of their sound."""

from typing import Any, get_args

import pytest
from console_songs import RATE_HZ
from pydantic import BaseModel

from farm.dsp.processor import Adjustable, Keyed, build_processor
from farm.manifest.automation import AutomatedTable
from farm.manifest.curves import movable_keys
from farm.manifest.processors.base import KeyedParams, ProcessorParams
from farm.manifest.processors.registry import PROCESSORS

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
