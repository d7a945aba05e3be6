"""The albums in `projects/` are right. Other people's music is not there: files that take its place have its names."""

import os
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import RATE_HZ, Farm

PROJECTS = Path(__file__).parents[2] / "projects"

MATERIAL = Path(os.environ.get("FARM_MATERIAL", "no-material"))

OTHERS_MUSIC = {"axe-from-the-80s": 13, "dear-jon-doe": 9, "dr8v2": 8, "everything-is-free": 44}
"""Projects whose stems are somebody else's, and how many there are."""


def stems_of(project: str) -> list[str]:
    """Return the stems that a project's files name."""
    documents = [tomllib.loads(path.read_text("utf-8")) for path in (PROJECTS / project).rglob("*.toml")]
    songs = [song for document in documents for song in document.get("song", [document])]
    return [strip["stem"] for song in songs for strip in song.get("strip", ())]


def test_every_project_is_covered() -> None:
    found = {path.parent.name for path in PROJECTS.glob("*/album.toml")}
    assert found == {"borrowed-weather", *OTHERS_MUSIC}


@pytest.mark.slow
@pytest.mark.parametrize(("project", "strips"), OTHERS_MUSIC.items())
def test_a_project_renders_with_other_audio_under_the_same_names(
    project: str, strips: int, farm: Farm, tmp_path: Path
) -> None:
    noise = 0.05 * np.random.default_rng(1).standard_normal((RATE_HZ, 2))
    stems = stems_of(project)
    assert len(set(stems)) == strips
    for stem in stems:
        (tmp_path / "audio" / stem).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / "audio" / stem, noise, RATE_HZ, format="WAV", subtype="PCM_24")
    ran = farm("render", PROJECTS / project, "--audio", tmp_path / "audio", "--out", tmp_path, "--store", tmp_path)
    assert ran.code == 0, ran.out + ran.err


@pytest.mark.parametrize(("project", "strips"), OTHERS_MUSIC.items())
def test_without_its_audio_every_stem_is_named_with_a_hint(project: str, strips: int, farm: Farm) -> None:
    ran = farm("check", PROJECTS / project, "--json")
    assert ran.code == 3
    assert {each["code"] for each in ran.json} == {"stem-missing"}
    assert len(ran.json) == strips
    assert all("--audio" in each["hint"] for each in ran.json)


def test_the_released_album_is_valid_with_its_real_stems(farm: Farm) -> None:
    audio = MATERIAL / "everything-is-free"
    if not audio.is_dir():
        pytest.skip("FARM_MATERIAL names no folder with everything-is-free/")
    ran = farm("check", PROJECTS / "everything-is-free", "--audio", audio)
    assert (ran.code, ran.err) == (0, "")
    assert "3 songs, 44 strips" in ran.out
