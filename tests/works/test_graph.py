"""`farm graph` as a user runs it: a picture of the album, and text for other programs."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import Farm, RenderedAlbum


def test_a_rendered_album_is_drawn_with_the_seconds_that_its_tasks_took(rendered: RenderedAlbum, farm: Farm) -> None:
    ran = farm("graph", rendered.manifest, "--store", rendered.store)
    assert ran.code == 0, ran.err
    texts = [text.text or "" for text in ElementTree.fromstring(ran.out).iter("{http://www.w3.org/2000/svg}text")]
    assert {"Küstenlinie", "1 Loud One", "3 Größe 三", "0 to run", "mp3-320"} <= set(texts)
    assert any(text.startswith("seconds of each when it last ran") for text in texts)


@pytest.mark.parametrize(("name", "begins"), [("graph.gv", "digraph farm {"), ("graph.mmd", "---\ntitle:")])
def test_the_ending_of_the_file_says_what_is_written(
    rendered: RenderedAlbum, farm: Farm, tmp_path: Path, name: str, begins: str
) -> None:
    ran = farm("graph", rendered.manifest, "--store", rendered.store, "--out", tmp_path / name, "--song", "2")
    assert (ran.code, ran.out) == (0, "")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_a_file_that_cannot_be_written_is_named(rendered: RenderedAlbum, farm: Farm, tmp_path: Path) -> None:
    ran = farm("graph", rendered.manifest, "--store", rendered.store, "--out", tmp_path / "no" / "graph.svg")
    assert ran.code == 2
    assert "picture-unwritable" in ran.err


HEAVY = ("dask", "distributed", "scipy", "numba", "pedalboard", "av", "soundfile")


@pytest.mark.parametrize("command", ["plan", "graph"])
def test_looking_at_an_album_loads_nothing_that_makes_sound(rendered: RenderedAlbum, command: str) -> None:
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('LOADED', [m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr))\n"
        f"sys.argv = ['farm', {command!r}, {str(rendered.manifest)!r}, '--store', {str(rendered.store)!r}]\n"
        "from farm.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "LOADED []" in done.stderr
