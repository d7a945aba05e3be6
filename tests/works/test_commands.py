"""The commands that render nothing: what they print, how they end, what they load."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import Farm, Ran, RenderedAlbum

MEASURE_KEYS = {
    "file",
    "rate_hz",
    "channels",
    "duration_seconds",
    "integrated_lufs",
    "loudness_range_lu",
    "max_momentary_lufs",
    "max_short_term_lufs",
    "true_peak_dbtp",
    "sample_peak_dbfs",
    "plr_lu",
    "min_psr_lu",
    "dc_offset",
    "correlation",
    "low_correlation",
    "side_to_mid_db",
    "head_silence_seconds",
    "tail_silence_seconds",
    "head_click_dbfs",
    "tail_click_dbfs",
    "ltas_db",
}


def test_version_and_help(farm: Farm) -> None:
    assert farm("--version").out.startswith("farm ")
    assert all(command in farm("--help").out for command in ("check", "plan", "render", "measure", "schema"))


def test_no_command_and_wrong_usage(farm: Farm) -> None:
    assert farm("frobnicate").code == 2
    assert farm("render").code == 2


class TestCheck:
    def test_a_valid_album(self, farm: Farm, rendered: RenderedAlbum) -> None:
        ran = farm("check", rendered.manifest)
        assert (ran.code, ran.err) == (0, "")
        assert "3 songs" in ran.out
        assert farm("check", rendered.manifest, "--json").json == []

    def test_a_broken_album(self, farm: Farm, tmp_path: Path) -> None:
        manifest = tmp_path / "album.toml"
        manifest.write_text('schema = 1\n[album]\ntitel = "x"\nartist = "y"\n')
        ran = farm("check", manifest)
        assert ran.code == 3
        assert f"{manifest}:3:1" in ran.err
        assert "Traceback" not in ran.err
        found = farm("check", manifest, "--json")
        assert found.code == 3
        assert {tuple(sorted(each)) for each in found.json} == {
            ("code", "column", "file", "hint", "key", "line", "message")
        }

    def test_no_such_album(self, farm: Farm, tmp_path: Path) -> None:
        assert farm("check", tmp_path / "nothing.toml").code == 2

    def test_render_refuses_a_broken_album_before_it_makes_anything(self, farm: Farm, tmp_path: Path) -> None:
        manifest = tmp_path / "album.toml"
        manifest.write_text("schema = 2\n")
        ran = farm("render", manifest, "--out", tmp_path / "out", "--store", tmp_path / "store")
        assert ran.code == 3
        assert not (tmp_path / "out").exists()


class TestPlan:
    def test_says_for_each_node_what_and_why(self, farm: Farm, rendered: RenderedAlbum, tmp_path: Path) -> None:
        document = farm("plan", rendered.manifest, "--store", tmp_path / "store", "--json").json
        assert document["album"] == "Küstenlinie"
        assert set(document["nodes"][0]) == {"id", "kind", "song", "status", "reason"}
        assert document["summary"]["run"] > 0
        assert document["summary"]["reuse"] == 0
        kinds = [node["kind"] for node in document["nodes"]]
        assert {"group", "mix", "master", "match", "finish", "encode", "assemble"} == set(kinds)

    def test_after_a_render_all_is_reused(self, farm: Farm, rendered: RenderedAlbum) -> None:
        document = farm("plan", rendered.manifest, "--store", rendered.store, "--json").json
        assert {node["status"] for node in document["nodes"]} == {"reuse"}

    def test_text_ends_with_the_sum(self, farm: Farm, rendered: RenderedAlbum) -> None:
        ran = farm("plan", rendered.manifest, "--store", rendered.store)
        assert "0 to run" in ran.out.splitlines()[-1]


class TestMeasure:
    @pytest.fixture
    def sine(self, tmp_path: Path) -> Path:
        """997 Hz at -23 dBFS in both channels, 20 s: -23 LUFS (EBU Tech 3341, case 1)."""
        t = np.arange(20 * 48000) / 48000
        tone = 10 ** (-23 / 20) * np.sin(2 * np.pi * 997 * t)
        path = tmp_path / "a tone ü.wav"
        soundfile.write(path, np.stack([tone, tone], axis=1), 48000, subtype="PCM_24")
        return path

    def test_document(self, farm: Farm, sine: Path) -> None:
        (document,) = farm("measure", sine, "--json").json
        assert set(document) == MEASURE_KEYS
        assert document["integrated_lufs"] == pytest.approx(-23.0, abs=0.1)
        assert document["true_peak_dbtp"] == pytest.approx(-23.0, abs=0.2)
        assert (document["rate_hz"], document["channels"], document["duration_seconds"]) == (48000, 2, 20.0)

    def test_silence_and_what_is_too_short_have_no_loudness(self, farm: Farm, tmp_path: Path) -> None:
        silent, short = tmp_path / "silent.wav", tmp_path / "short.wav"
        soundfile.write(silent, np.zeros((48000, 2)), 48000)
        soundfile.write(short, np.full((480, 1), 0.5), 48000)
        quiet, brief = farm("measure", silent, short, "--json").json
        assert quiet["integrated_lufs"] is None
        assert quiet["true_peak_dbtp"] is None
        assert brief["integrated_lufs"] is None
        assert brief["true_peak_dbtp"] is not None

    def test_a_bad_file_does_not_hide_the_good_ones(self, farm: Farm, sine: Path, tmp_path: Path) -> None:
        bad = tmp_path / "bad.wav"
        bad.write_bytes(b"RIFF")
        ran = farm("measure", bad, sine, "--json")
        assert ran.code == 1
        assert [Path(each["file"]) for each in ran.json] == [sine]
        assert "bad.wav" in ran.err
        assert "Traceback" not in ran.err

    def test_table(self, farm: Farm, sine: Path) -> None:
        assert "-23.0" in farm("measure", sine).out


def test_schema_writes_both_schemas(farm: Farm, tmp_path: Path) -> None:
    ran: Ran = farm("schema", tmp_path / "schemas")
    assert ran.code == 0
    for name in ("album.schema.json", "song.schema.json"):
        assert json.loads((tmp_path / "schemas" / name).read_text())["type"] == "object"


def test_a_render_that_has_nothing_to_do_loads_nothing_heavy(rendered: RenderedAlbum) -> None:
    import subprocess
    import sys

    heavy = ("dask", "distributed", "scipy", "numba", "pedalboard", "av")
    arguments = ["render", str(rendered.manifest), "--out", str(rendered.out), "--store", str(rendered.store)]
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('LOADED', [m for m in {heavy!r} if m in sys.modules], file=sys.stderr))\n"
        f"sys.argv = ['farm', *{arguments!r}]\n"
        "from farm.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "LOADED []" in done.stderr, done.stderr
