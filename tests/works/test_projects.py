"""The albums in `projects/` are right. Those of other people's music need it: FARM_MATERIAL names its folder."""

import os
from pathlib import Path

import pytest
from conftest import Farm

PROJECTS = Path(__file__).parents[2] / "projects"

MATERIAL = Path(os.environ.get("FARM_MATERIAL", "no-material"))


@pytest.fixture
def released_album() -> Path:
    folder = MATERIAL / "everything-is-free"
    if not folder.is_dir():
        pytest.skip("FARM_MATERIAL names no folder with everything-is-free/")
    return folder


def test_every_project_is_covered() -> None:
    found = {path.parent.name for path in PROJECTS.glob("*/album.toml")}
    assert found == {"borrowed-weather", "dear-jon-doe", "everything-is-free"}


def test_the_released_album_is_valid(farm: Farm, released_album: Path) -> None:
    ran = farm("check", PROJECTS / "everything-is-free", "--audio", released_album)
    assert (ran.code, ran.err) == (0, "")
    assert "3 songs, 44 strips" in ran.out


def test_without_its_audio_every_stem_is_named_with_a_hint(farm: Farm) -> None:
    ran = farm("check", PROJECTS / "everything-is-free", "--json")
    assert ran.code == 3
    assert {each["code"] for each in ran.json} == {"stem-missing"}
    assert len(ran.json) == 44
    assert all("--audio" in each["hint"] for each in ran.json)
