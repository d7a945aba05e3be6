"""Targets by name: each is sourced, possible, and taken as the manifest's own keys are."""

import re
from datetime import date

import pytest

from farm.manifest.target import Target
from farm.manifest.targets import load_targets

NAMES = list(load_targets())


@pytest.mark.parametrize("name", NAMES)
def test_every_target_says_who_asks_where_that_is_written_and_when_it_was_looked_up(name: str) -> None:
    target = load_targets()[name]
    assert target.title
    assert len(target.source) > 15
    assert "://" not in target.source
    assert date(2026, 1, 1) <= target.checked


@pytest.mark.parametrize("name", NAMES)
def test_every_target_is_valid_in_a_manifest(name: str) -> None:
    settings = load_targets()[name].settings()
    filled = Target.model_validate(settings)
    assert {key: getattr(filled, key) for key in settings} == settings


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_written_as_names_are(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_on_short_term_loudness_leaves_room_above_the_target(name: str) -> None:
    target = load_targets()[name]
    assert target.max_short_term_lufs is None or target.max_short_term_lufs > target.loudness_lufs


@pytest.mark.parametrize(
    ("name", "lufs", "mode", "ceiling_dbtp"),
    [
        ("spotify", -14.0, "album", -1.0),
        ("aes-td1008", -14.0, "loudest", -1.0),
        ("ebu-r128", -23.0, "track", -1.0),
        ("podcast", -16.0, "track", -1.0),
    ],
)
def test_targets_that_everybody_knows_are_what_everybody_knows(
    name: str, lufs: float, mode: str, ceiling_dbtp: float
) -> None:
    target = load_targets()[name]
    assert (target.loudness_lufs, target.loudness_mode, target.ceiling_dbtp) == (lufs, mode, ceiling_dbtp)
