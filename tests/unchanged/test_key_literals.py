"""A key that changes re-renders every catalogue in the world: these are pinned."""

import pytest

from farm.plan import keys
from farm.plan.input_spec import InputSpec
from farm.plan.node import Need, Node
from farm.plan.spec import (
    ClipSpec,
    FinishSpec,
    GroupSpec,
    InsertSpec,
    LevelSpec,
    PlaceSpec,
    SendSpec,
    SourceSpec,
    StripSpec,
)
from farm.records import Artifact, Record, canonical_json


def test_canonical_json() -> None:
    assert canonical_json({"b": [1.5, None, True], "a": "ü"}) == '{"a":"ü","b":[1.5,null,true]}'


def test_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_library_version", lambda name: "1.0")
    stem = InputSpec("0123456789abcdef" * 2, "kick.wav", 1, 2)
    strip = StripSpec(
        "kick",
        SourceSpec((ClipSpec(stem),), invert_polarity=True),
        (InsertSpec("gain", 1, {"gain_db": 2.0}),),
        LevelSpec(-3.0),
        PlaceSpec(0.25),
        (SendSpec(0, LevelSpec(-12.0)),),
    )
    group = Node("group:1.1", "group", "", 1, GroupSpec(48000, (strip,)))
    assert keys.content_key(group, []) == "f5ffc399e2c03d949287f3ce99b77f93a160a1730de8e22b18f0a6a2a4f8b6d2"
    master = Record("", "master", {"audio": Artifact("ab" * 16, 8, 1, 2, 48000)}, {})
    match = Record("", "match", {}, {"trims": {"1": {"gain_db": 1.05, "goal_lufs": -14.0, "tone_db": [0.1]}}})
    needs = (Need("master:1"), Need("match", "facts.trims.1"))
    finish = Node("finish:1", "finish", "", 1, FinishSpec(44100, -1.0), needs)
    pinned = "ad420043173b8521402256fc1bfc00a0cc680c103acf75f1da0df4e346bef05c"
    assert keys.content_key(finish, [master, match]) == pinned
