"""A key that changes re-renders every catalogue in the world: these are pinned."""

import pytest

from farm.plan import keys
from farm.plan.node import Need, Node
from farm.plan.spec import (
    ClipSpec,
    FinishSpec,
    GroupSpec,
    InputSpec,
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
    assert keys.content_key(group, []) == "8149fa831a0fccac3f144fd72e59bf9b467914c90410a50370c030588e20c36a"
    master = Record("", "master", {"audio": Artifact("ab" * 16, 8, 1, 2, 48000)}, {})
    match = Record("", "match", {}, {"trims": {"1": {"gain_db": 1.05, "goal_lufs": -14.0, "tone_db": [0.1]}}})
    needs = (Need("master:1"), Need("match", "facts.trims.1"))
    finish = Node("finish:1", "finish", "", 1, FinishSpec(44100, -1.0), needs)
    pinned = "60d3bffdd5efcde4339b3589db6cab73c2bb495da8a98679ffbb692d48c0daf2"
    assert keys.content_key(finish, [master, match]) == pinned
