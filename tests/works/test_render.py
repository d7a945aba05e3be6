"""`farm render` as a user runs it: what it delivers, what it says, how it ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from conftest import Farm, Ran, RenderedAlbum

from farm.units import db_to_linear

FOLDERS = ("flac-24", "wav-16-44.1k", "mp3-320")


def delivered(out: Path) -> dict[str, bytes]:
    """Return every delivered file's bytes by its path below the output folder."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != ".farm-lock"
    }


@pytest.fixture(scope="session")
def bytes_once(rendered: RenderedAlbum) -> dict[str, bytes]:
    return delivered(rendered.out)


def test_files_lie_in_order_under_safe_names(bytes_once: dict[str, bytes]) -> None:
    names = ["01 Loud One", "02 Quiet- Two-", "03 Größe 三"]
    expected = {f"{folder}/{name}.{folder.split('-')[0]}" for folder in FOLDERS for name in names} | {
        f"{folder}/{paper}" for folder in FOLDERS for paper in ("SHA256SUMS", "delivery.json")
    }
    papers = {"SHA256SUMS", "metadata.csv", "release.json"}
    assert set(bytes_once) == expected | papers


def test_the_checksums_hold(rendered: RenderedAlbum) -> None:
    for folder in FOLDERS:
        subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=rendered.out / folder, check=True)


def test_the_document_tells_what_was_made(rendered: RenderedAlbum) -> None:
    document = rendered.ran.json
    assert document["status"] == "ok"
    assert document["rendered"] > 0
    assert document["errors"] == []
    assert [song["title"] for song in document["songs"]] == ["Loud One", "Quiet: Two?", "Größe 三"]
    assert len(document["deliverables"]) == 9
    for song in document["songs"]:
        assert song["duration_seconds"] >= 6.0
        assert song["true_peak_dbtp"] <= -1.0


def test_the_album_has_its_loudness_by_another_meter(rendered: RenderedAlbum) -> None:
    """Album mode: the songs one after another measure the target (pyloudnorm is the oracle)."""
    import pyloudnorm

    songs = [soundfile.read(path)[0] for path in sorted((rendered.out / "flac-24").glob("*.flac"))]
    meter = pyloudnorm.Meter(48000, filter_class="DeMan")
    assert meter.integrated_loudness(np.concatenate(songs)) == pytest.approx(-16.0, abs=0.2)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_exceeds_the_ceiling(rendered: RenderedAlbum, folder: str) -> None:
    from scipy.signal import resample_poly

    for path in (rendered.out / folder).glob("0*"):
        samples, _ = soundfile.read(path)
        peak = np.max(np.abs(resample_poly(samples, 16, 1, axis=0)))
        assert peak <= db_to_linear(-1.0 + 0.01), path


def test_tags_are_embedded(rendered: RenderedAlbum) -> None:
    flac = mutagen.File(rendered.out / "flac-24" / "03 Größe 三.flac")
    assert flac["title"] == ["Größe 三"]
    assert flac["isrc"] == ["QZABC2600003"]
    assert flac["barcode"] == ["0123456789012"]
    mp3 = mutagen.File(rendered.out / "mp3-320" / "02 Quiet- Two-.mp3")
    assert mp3["TIT2"].text == ["Quiet: Two?"]
    assert mp3["TRCK"].text == ["2/3"]
    assert mp3["TSRC"].text == ["QZABC2600002"]


def test_reverb_rings_out_behind_the_last_stem(rendered: RenderedAlbum) -> None:
    seconds = soundfile.info(rendered.out / "flac-24" / "01 Loud One.flac").duration
    assert 6.1 < seconds < 12.0


def test_a_second_render_runs_nothing(rendered: RenderedAlbum, farm: Farm, bytes_once: dict[str, bytes]) -> None:
    again = farm("render", rendered.manifest, "--out", rendered.out, "--store", rendered.store, "--json")
    assert (again.code, again.json["rendered"]) == (0, 0)
    assert delivered(rendered.out) == bytes_once


@pytest.mark.slow
@pytest.mark.parametrize(
    "how",
    [
        ("--workers", 1),
        ("--workers", 4),
        pytest.param(("--on", "processes", "--workers", 2), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_same_bytes_wherever_it_runs(
    rendered: RenderedAlbum, farm: Farm, tmp_path: Path, bytes_once: dict[str, bytes], how: tuple[object, ...]
) -> None:
    ran = farm("render", rendered.manifest, "--out", tmp_path / "out", "--store", tmp_path / "store", *how)
    assert ran.code == 0, ran.err
    assert delivered(tmp_path / "out") == bytes_once


@pytest.mark.slow
def test_the_same_bytes_on_a_scheduler_that_was_there_before(
    rendered: RenderedAlbum, farm: Farm, tmp_path: Path, bytes_once: dict[str, bytes]
) -> None:
    from distributed import LocalCluster

    loopback = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **loopback) as cluster:
        address = cluster.scheduler_address
        ran = farm(
            "render", rendered.manifest, "--out", tmp_path / "out", "--store", tmp_path / "store", "--on", address
        )
    assert ran.code == 0, ran.err
    assert delivered(tmp_path / "out") == bytes_once


@contextmanager
def running_until(arguments: list[object], events: Path, made: int) -> Iterator[subprocess.Popen[str]]:
    """Start farm and yield it once that many nodes have been made; kill it if it is left running."""
    command = [sys.executable, "-m", "farm", *map(str, arguments), "--events", str(events)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 100
            while not (events.exists() and events.read_text().count('"made"') >= made):
                assert process.poll() is None, "it ended too soon"
                assert time.monotonic() < deadline
                time.sleep(0.005)
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_the_same_bytes_after_being_killed(
    rendered: RenderedAlbum, farm: Farm, tmp_path: Path, bytes_once: dict[str, bytes]
) -> None:
    arguments = ["render", rendered.manifest, "--out", tmp_path / "out", "--store", tmp_path / "store"]
    with running_until([*arguments, "--workers", 1], tmp_path / "events.jsonl", made=4) as process:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    second = farm(*arguments, "--json")
    assert second.code == 0, second.err
    assert second.json["reused"] >= 4
    assert delivered(tmp_path / "out") == bytes_once


@pytest.mark.parametrize("on", ["threads", pytest.param("processes", marks=pytest.mark.slow)])
def test_interrupting_ends_at_once_with_130(rendered: RenderedAlbum, tmp_path: Path, on: str) -> None:
    arguments = ["render", rendered.manifest, "--out", tmp_path / "out", "--store", tmp_path / "store", "--on", on]
    with running_until([*arguments, "--workers", 1], tmp_path / "events.jsonl", made=1) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err


class TestWithAnAlbumOfItsOwn:
    """Cases that change the album."""

    @pytest.fixture
    def album(self, tmp_path: Path, rendered: RenderedAlbum) -> RenderedAlbum:
        """A copy of the album with a copy of its store: nothing needs to run until something is changed."""
        shutil.copytree(rendered.manifest.parent, tmp_path / "album", ignore=shutil.ignore_patterns("out", "store"))
        shutil.copytree(rendered.store, tmp_path / "store")
        manifest = tmp_path / "album" / "album.toml"
        return RenderedAlbum(manifest, tmp_path / "out", tmp_path / "store", rendered.ran)

    def render(self, farm: Farm, album: RenderedAlbum, *more: object) -> Ran:
        return farm("render", album.manifest, "--out", album.out, "--store", album.store, "--json", *more)

    def test_another_checkout_reuses_everything(self, farm: Farm, album: RenderedAlbum) -> None:
        ran = self.render(farm, album)
        assert (ran.code, ran.json["rendered"]) == (0, 0)

    def test_a_title_changes_only_what_carries_it(self, farm: Farm, album: RenderedAlbum) -> None:
        album.manifest.write_text(album.manifest.read_text().replace('"Loud One"', '"Louder One"'))
        planned = farm("plan", album.manifest, "--store", album.store, "--json").json
        due = {node["kind"] for node in planned["nodes"] if node["status"] != "reuse"}
        assert due == {"encode", "assemble"}
        assert self.render(farm, album).json["rendered"] == 3 + 3
        assert (album.out / "flac-24" / "01 Louder One.flac").exists()

    @pytest.mark.slow
    def test_a_renamed_song_leaves_no_old_file_behind(self, farm: Farm, album: RenderedAlbum) -> None:
        self.render(farm, album)
        album.manifest.write_text(album.manifest.read_text().replace('"Loud One"', '"Louder One"'))
        self.render(farm, album)
        assert sorted(path.name[:2] for path in (album.out / "flac-24").glob("*.flac")) == ["01", "02", "03"]

    def test_a_broken_song_leaves_the_others_delivered(self, farm: Farm, album: RenderedAlbum) -> None:
        stem = album.manifest.parent / "stems" / "two keys.wav"
        stem.write_bytes(stem.read_bytes()[:2000])
        ran = self.render(farm, album)
        assert ran.code == 1
        assert [song["status"] for song in ran.json["songs"]] == ["ok", "failed", "ok"]
        (error,) = ran.json["errors"]
        assert error["code"] == "audio-truncated"
        assert "two keys.wav" in error["where"]
        assert sorted(path.name for path in (album.out / "flac-24").glob("*.flac")) == [
            "01 Loud One.flac",
            "03 Größe 三.flac",
        ]

    def test_fail_fast_starts_nothing_after_a_failure(self, farm: Farm, album: RenderedAlbum) -> None:
        shutil.rmtree(album.store)
        stem = album.manifest.parent / "stems" / "one drums.wav"
        stem.write_bytes(stem.read_bytes()[:2000])
        ran = self.render(farm, album, "--fail-fast", "--workers", 1)
        assert ran.code == 1
        assert {song["status"] for song in ran.json["songs"]} == {"failed"}

    def test_one_song_alone_is_delivered_beside_the_others(self, farm: Farm, album: RenderedAlbum) -> None:
        self.render(farm, album)
        before = delivered(album.out)
        shutil.rmtree(album.store)
        ran = self.render(farm, album, "--song", "größe 三")
        assert (ran.code, len(ran.json["deliverables"])) == (0, 3)
        assert delivered(album.out) == before

    def test_an_unknown_song_is_wrong_usage(self, farm: Farm, album: RenderedAlbum) -> None:
        ran = self.render(farm, album, "--song", "Nobody")
        assert ran.code == 2
        assert "Loud One" in ran.err

    def test_two_renders_into_one_place_do_not_meet(self, farm: Farm, album: RenderedAlbum) -> None:
        from farm.store.lock import hold_lock

        with hold_lock(album.out):
            ran = self.render(farm, album)
        assert ran.code == 6
        assert str(os.getpid()) in ran.err

    @pytest.mark.slow
    def test_a_lost_artifact_is_made_again(self, farm: Farm, album: RenderedAlbum) -> None:
        for blob in (album.store / "blobs").rglob("*"):
            if blob.is_file():
                blob.unlink()
        planned = farm("plan", album.manifest, "--store", album.store, "--json").json
        assert "artifact-missing" in {node["reason"]["code"] for node in planned["nodes"]}
        assert self.render(farm, album).code == 0
        assert delivered(album.out)

    @pytest.mark.slow
    def test_an_unreachable_scheduler_ends_with_7(self, farm: Farm, album: RenderedAlbum, tmp_path: Path) -> None:
        arguments = ("--store", tmp_path / "empty", "--on", "tcp://127.0.0.1:9")
        ran = farm("render", album.manifest, "--out", album.out, *arguments)
        assert ran.code == 7
        assert "Traceback" not in ran.err

    def test_what_is_no_place_to_run_is_wrong_usage(self, farm: Farm, album: RenderedAlbum, tmp_path: Path) -> None:
        ran = farm("render", album.manifest, "--out", album.out, "--store", tmp_path / "empty", "--on", "moon")
        assert ran.code == 2
