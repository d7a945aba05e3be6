"""`farm plan` after a change: what runs, why, and from which line of the manifest."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from conftest import Farm, RenderedAlbum, tone


@pytest.fixture
def changed(rendered: RenderedAlbum, farm: Farm, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that plans a changed album with the history of the rendered one."""
    shutil.copytree(rendered.manifest.parent, tmp_path / "album", ignore=shutil.ignore_patterns("out", "store"))
    shutil.copytree(rendered.store, tmp_path / "store")
    manifest = tmp_path / "album" / "album.toml"
    arguments = ("--out", tmp_path / "out", "--store", tmp_path / "store")
    assert farm("render", manifest, *arguments, "--json").json["rendered"] == 0

    def plan(old: str, new: str, *more: str) -> Any:
        manifest.write_text(manifest.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        ran = farm("plan", manifest, "--store", tmp_path / "store", *more)
        assert ran.code == 0, ran.err
        return ran

    return plan


def line_of(manifest: Path, text: str) -> int:
    return next(n for n, line in enumerate(manifest.read_text(encoding="utf-8").splitlines(), 1) if text in line)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "kind", "code", "where"),
    [
        ("gain_db = -4.0", "gain_db = -4.5", "group", "parameter-changed", "strip 'bass': gain_db"),
        ("hz = 40,", "hz = 50,", "group", "parameter-changed", "strip 'bass', eq, band 1: hz"),
        (
            "threshold_db = -18",
            "threshold_db = -20",
            "mix",
            "parameter-changed",
            "channel 'band', compressor: threshold_db",
        ),
        ("amount = 1.2", "amount = 1.3", "master", "parameter-changed", "width: amount"),
        ("loudness_lufs = -16.0", "loudness_lufs = -15.0", "match", "parameter-changed", "loudness_lufs"),
        ('title = "Loud One"', 'title = "Louder"', "encode", "parameter-changed", "tags.title"),
    ],
)
def test_a_change_is_named_with_its_line(
    changed: Callable[..., Any], tmp_path: Path, old: str, new: str, kind: str, code: str, where: str
) -> None:
    nodes = changed(old, new, "--json").json["nodes"]
    told = [node for node in nodes if node["reason"]["code"] == code]
    assert {node["kind"] for node in told if node["kind"] != "assemble"} == {kind}
    (change,) = told[0]["reason"]["changes"]
    assert (change["where"], change["how"]) == (where, "changed")
    manifest = tmp_path / "album" / "album.toml"
    assert (change["file"], change["line"]) == (str(manifest), line_of(manifest, new))


def test_a_stem_that_was_recorded_anew(changed: Callable[..., Any], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "album" / "stems" / "two keys.wav", tone(221, 4, 4, 2, 44100), 44100, subtype="PCM_16")
    ran = changed("", "")
    assert "strip 'keys', clip 1: two keys.wav has changed (album.toml:" in ran.out


def test_the_text_of_an_album_fits_a_screen(changed: Callable[..., Any]) -> None:
    lines = changed("gain_db = -4.0", "gain_db = -4.5").out.splitlines()
    assert len(lines) <= 12
    assert " 1 Loud One               run    group: strip 'bass': gain_db -4 -> -4.5 (album.toml:" in lines[0]
    assert lines[-1].startswith("Küstenlinie: 1 to run, ")


def test_what_was_changed_and_changed_back_is_up_to_date(changed: Callable[..., Any]) -> None:
    changed("gain_db = -4.0", "gain_db = -4.5")
    assert changed("gain_db = -4.5", "gain_db = -4.0", "--json").json["summary"]["run"] == 0
