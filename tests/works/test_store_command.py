"""`farm store` as a user runs it: its size, its clean-up, its integrity."""

import shutil
from pathlib import Path

import pytest
from conftest import Farm, RenderedAlbum


@pytest.fixture
def store(rendered: RenderedAlbum, tmp_path: Path) -> Path:
    """A copy of the store that an album was rendered with."""
    return Path(shutil.copytree(rendered.store, tmp_path / "store"))


def blobs(store: Path) -> list[Path]:
    return sorted(path for path in (store / "blobs").rglob("*") if path.is_file())


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


class TestDu:
    def test_document(self, farm: Farm, store: Path) -> None:
        document = farm("store", "du", "--store", store, "--json").json
        assert document["store"] == str(store)
        sizes = {each["kind"]: each["size_bytes"] for each in document["kinds"]}
        assert {"group", "finish", "encode"} <= set(sizes)
        assert sum(sizes.values()) == sum(path.stat().st_size for path in blobs(store))
        assert document["size_bytes"] == sum(sizes.values()) + document["records"]["size_bytes"]
        assert document["quarantine"] == {"count": 0, "size_bytes": 0}

    def test_text(self, farm: Farm, store: Path) -> None:
        lines = farm("store", "du", "--store", store).out.splitlines()
        assert lines[0] == str(store)
        assert any(line.startswith("finished songs") for line in lines)
        assert any(line.startswith("in all") and line.endswith("free") for line in lines)

    def test_an_empty_store(self, farm: Farm, tmp_path: Path) -> None:
        document = farm("store", "du", "--store", tmp_path / "new", "--json").json
        assert (document["kinds"], document["albums"], document["size_bytes"]) == ([], [], 0)

    def test_a_place_that_is_no_folder(self, farm: Farm, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        ran = farm("store", "du", "--store", tmp_path / "file")
        assert ran.code == 7
        assert "Traceback" not in ran.err


class TestGc:
    def test_a_dry_run_says_what_a_real_one_does(self, farm: Farm, store: Path) -> None:
        said = farm("store", "gc", "--store", store, "--max", "5MB", "--dry-run", "--json").json
        assert said.pop("dry_run") is True
        assert said["blobs"] > 0
        before = len(blobs(store))
        done = farm("store", "gc", "--store", store, "--max", "5MB", "--json").json
        assert done.pop("dry_run") is False
        assert done == said
        assert len(blobs(store)) == before - done["blobs"]
        assert done["left_bytes"] <= 5_000_000

    def test_the_limit_may_stand_in_the_environment(
        self, farm: Farm, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FARM_STORE_MAX", "0")
        assert farm("store", "gc", "--store", store).out.startswith("removed ")
        assert blobs(store) == []

    def test_without_a_limit_everything_that_has_a_record_stays(self, farm: Farm, store: Path) -> None:
        before = blobs(store)
        assert farm("store", "gc", "--store", store, "--older-than", 1).code == 0
        assert blobs(store) == before

    def test_what_is_no_size_is_wrong_usage(self, farm: Farm, store: Path) -> None:
        ran = farm("store", "gc", "--store", store, "--max", "lots")
        assert ran.code == 2
        assert "'lots' is not a size" in ran.err

    def test_cleaned_up_audio_costs_nothing_until_something_reads_it(
        self, farm: Farm, rendered: RenderedAlbum, store: Path
    ) -> None:
        """Groups, mixes and masters of finished songs are gone, and the album is still up to date."""
        files = {path.stat().st_size for path in rendered.out.rglob("*") if path.is_file()}
        for blob in blobs(store):
            if blob.stat().st_size not in files:
                blob.unlink()
        planned = farm("plan", rendered.manifest, "--store", store, "--json").json
        assert planned["summary"]["reuse"] == len(planned["nodes"])


class TestVerify:
    def test_a_store_that_is_whole(self, farm: Farm, store: Path) -> None:
        ran = farm("store", "verify", "--store", store, "--json")
        assert (ran.code, ran.json["damaged"]) == (0, [])
        assert (ran.json["blobs"], ran.json["records"] > 20) == (len(blobs(store)), True)

    def test_what_is_damaged_is_named_and_set_aside(self, farm: Farm, store: Path) -> None:
        bad = blobs(store)[0]
        flip(bad)
        ran = farm("store", "verify", "--store", store, "--json")
        assert ran.code == 1
        (damaged,) = ran.json["damaged"]
        assert (damaged["what"], damaged["file"]) == ("blob", str(bad))
        assert not bad.exists()
        again = farm("store", "verify", "--store", store)
        assert again.code == 0
        assert again.out.endswith("0 damaged\n")
        assert farm("store", "du", "--store", store, "--json").json["quarantine"]["count"] == 1

    def test_text_names_the_blob(self, farm: Farm, store: Path) -> None:
        bad = blobs(store)[-1]
        flip(bad)
        ran = farm("store", "verify", "--store", store)
        assert ran.code == 1
        assert f"blob {bad.parent.name}{bad.name} is damaged" in ran.out


def test_no_command_of_the_store_loads_what_makes_sound(store: Path) -> None:
    import subprocess
    import sys

    heavy = ("dask", "distributed", "scipy", "numba", "pedalboard", "av", "soundfile")
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('LOADED', [m for m in {heavy!r} if m in sys.modules], file=sys.stderr))\n"
        f"sys.argv = ['farm', 'store', sys.argv[1], '--store', {str(store)!r}]\n"
        "from farm.cli.main import main\n"
        "main()\n"
    )
    for command in ("du", "gc", "verify"):
        done = subprocess.run([sys.executable, "-c", code, command], capture_output=True, text=True, check=False)
        assert "LOADED []" in done.stderr, done.stderr
