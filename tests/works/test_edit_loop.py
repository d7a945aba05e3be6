"""The edit loop as a user runs it: stop early and listen, force, look before running, and render on save."""

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import Farm, Ran, RenderedAlbum, tone

SECONDS = 60.0


class Desk:
    """A copy of the rendered album with a store of its own, and the command in front of it."""

    def __init__(self, rendered: RenderedAlbum, folder: Path, farm: Farm) -> None:
        shutil.copytree(rendered.manifest.parent, folder / "album", ignore=shutil.ignore_patterns("out", "store"))
        shutil.copytree(rendered.store, folder / "store")
        self.manifest, self.out = folder / "album" / "album.toml", folder / "out"
        self._farm, self._store = farm, folder / "store"

    def arguments(self, command: str, *more: object) -> list[object]:
        return [command, self.manifest, "--store", self._store, *more]

    def render(self, *more: object) -> Ran:
        return self._farm(*self.arguments("render", "--out", self.out, *more))

    def plan(self, *more: object) -> Any:
        return self._farm(*self.arguments("plan", "--json", *more)).json

    def edit(self, old: str, new: str) -> None:
        text = self.manifest.read_text(encoding="utf-8")
        assert old in text
        self.manifest.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def desk(rendered: RenderedAlbum, tmp_path: Path, farm: Farm) -> Desk:
    return Desk(rendered, tmp_path, farm)


def test_a_mix_without_anything_in_it_is_its_stem_to_listen_to(desk: Desk) -> None:
    """Song 3 has one stem at unity, so the oracle is the stem."""
    document = desk.render("--until", "mix", "--song", "3", "--json").json
    (heard,) = document["deliverables"]
    assert (document["until"], heard["song"], heard["path"]) == ("mix", 3, str(desk.out / "mixes" / "03 Größe 三.wav"))
    assert soundfile.info(heard["path"]).subtype == "FLOAT"
    stem, _ = soundfile.read(desk.manifest.parent / "stems" / "three pad.wav", dtype="float32")
    mix, _ = soundfile.read(heard["path"], dtype="float32")
    assert np.array_equal(mix, stem)
    assert {path.name for path in desk.out.iterdir() if path.is_dir()} == {"mixes"}


@pytest.mark.slow
def test_masters_are_measured_and_finished_songs_are_what_is_delivered(desk: Desk, rendered: RenderedAlbum) -> None:
    """pyloudnorm is the oracle of the masters, the delivered file that of the finished song."""
    import pyloudnorm

    masters = desk.render("--until", "master", "--json").json
    assert [song["status"] for song in masters["songs"]] == ["ok"] * 3
    meter = pyloudnorm.Meter(48000, filter_class="DeMan")
    for song, file in zip(masters["songs"], masters["deliverables"], strict=True):
        assert meter.integrated_loudness(soundfile.read(file["path"])[0]) == pytest.approx(
            song["integrated_lufs"], abs=0.1
        )
    assert desk.render("--until", "finish", "--song", "Loud One").code == 0
    finished, _ = soundfile.read(desk.out / "finished" / "01 Loud One.wav")
    delivered, _ = soundfile.read(rendered.out / "flac-24" / "01 Loud One.flac")
    assert np.max(np.abs(finished - delivered)) < 2.0**-22


@pytest.mark.slow
def test_what_is_listened_to_lies_beside_the_delivery_and_is_left_alone_while_it_is_right(desk: Desk) -> None:
    arguments = desk.arguments("render", "--until", "mix", "--song", "2", "--json")
    path = Path(desk._farm(*arguments).json["deliverables"][0]["path"])
    assert path.parent == desk.manifest.parent / "listening" / "mixes"
    written = path.stat().st_mtime_ns
    assert desk._farm(*arguments).json["rendered"] == 0
    assert path.stat().st_mtime_ns == written
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert desk._farm(*arguments).code == 0
    assert path.read_bytes() == content


@pytest.mark.slow
def test_what_is_forced_is_made_again_and_nothing_else_as_it_comes_out_the_same(desk: Desk) -> None:
    assert desk.render("--force", "mix", "--force", "encode:1:*", "--json").json["rendered"] == 3 + 3
    assert desk.render("--json").json["rendered"] == 0


def test_a_dry_run_says_what_would_run_and_runs_nothing(desk: Desk) -> None:
    ran = desk.render("--dry-run", "--force", "mix:2", "--song", "2", "--json")
    assert ran.code == 0
    told = {node["id"]: node["reason"]["code"] for node in ran.json["nodes"]}
    assert told["mix:2"] == "forced"
    assert "encode:1:flac-24" not in told
    assert not desk.out.exists()


@pytest.mark.slow
def test_a_plan_estimates_by_what_tasks_took(desk: Desk, tmp_path: Path, farm: Farm) -> None:
    assert desk.render("--force", "3", "--force", "match", "--force", "assemble").code == 0
    assert desk.plan()["estimate_seconds"] == 0.0
    desk.edit("gain_db = -4.0", "gain_db = -4.5")
    assert 0.0 < desk.plan()["estimate_seconds"] < SECONDS
    unknown = farm("plan", desk.manifest, "--store", tmp_path / "empty", "--json").json
    assert unknown["estimate_seconds"] is None


class Loop:
    """`farm render --watch` in its process, round by round."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._rounds: Queue[dict[str, Any]] = Queue()
        self._err: list[str] = []
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_err)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._rounds.put(json.loads(line))

    def _read_err(self) -> None:
        assert self.process.stderr
        self._err += self.process.stderr

    def next(self, status: str) -> dict[str, Any]:
        """Return the next round, which is to have this status."""
        played = self._rounds.get(timeout=SECONDS)
        assert played["status"] == status, played
        return played

    def end(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        code = self.process.wait(timeout=SECONDS)
        for thread in self._threads:
            thread.join()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()
        return code, "".join(self._err)


@pytest.fixture
def watch(desk: Desk) -> Iterator[Callable[..., Loop]]:
    loops: list[Loop] = []

    def start(*more: object) -> Loop:
        arguments = desk.arguments("render", "--out", desk.out, "--watch", "--json", "--workers", 1, *more)
        loops.append(Loop([sys.executable, "-m", "farm", *map(str, arguments)]))
        return loops[-1]

    yield start
    for loop in loops:
        if loop.process.poll() is None:
            loop.end(signal.SIGKILL)


def made(events: Path) -> Counter[tuple[int | None, str]]:
    """Return what was made since, by song and kind, and forget it."""
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    events.write_text("")
    return Counter((each["song"], each["kind"]) for each in lines if each["event"] == "made")


def test_each_save_renders_what_it_changes_until_the_loop_is_interrupted(
    desk: Desk, watch: Callable[..., Loop], tmp_path: Path
) -> None:
    events = tmp_path / "events.jsonl"
    loop = watch("--song", "1", "--events", events)
    first = loop.next("ok")
    assert (first["round"], first["changed"], first["rendered"]) == (1, [], 0)
    events.write_text("")

    desk.edit("gain_db = -4.0", "gain_db = -3.0")
    moved = loop.next("ok")
    assert moved["changed"] == [str(desk.manifest)]
    assert "strip 'bass': gain_db -4 -> -3 (album.toml:" in moved["reasons"][0]
    assert moved["songs"][0]["integrated_lufs"] != first["songs"][0]["integrated_lufs"]
    song = made(events)
    assert {kind: song[1, kind] for kind in ("group", "mix", "master", "finish", "encode")} == {
        "group": 1,
        "mix": 1,
        "master": 1,
        "finish": 2,
        "encode": 3,
    }
    assert {number for number, _ in song} <= {1, None}

    desk.edit("[album]", "[albun]")
    broken = loop.next("invalid")
    assert "album.toml" in broken["errors"][0]["file"]
    assert broken["errors"][0]["line"] > 0
    desk.edit("[albun]", "# a remark\n[album]")
    assert loop.next("ok")["rendered"] == 0

    soundfile.write(desk.manifest.parent / "stems" / "one lead.wav", tone(550, 3, 3, 1), 48000, subtype="FLOAT")
    played = loop.next("ok")
    assert [Path(path).name for path in played["changed"]] == ["one lead.wav"]
    assert made(events)[1, "group"] == 1

    code, err = loop.end(signal.SIGINT)
    assert code == 130
    assert "Traceback" not in err


@pytest.mark.slow
def test_people_read_what_was_changed_how_it_measures_and_where_it_is(desk: Desk) -> None:
    arguments = desk.arguments("render", "--out", desk.out, "--watch", "--song", "1", "--until", "master")
    with subprocess.Popen(
        [sys.executable, "-m", "farm", *map(str, arguments)], stdout=subprocess.PIPE, text=True
    ) as loop:
        assert loop.stdout
        told: list[str] = []
        for line in loop.stdout:
            told.append(line.strip())
            if "times real time" in line:
                desk.edit("gain_db = -4.0", "gain_db = 0.0")
            elif "reused, " in line:
                break
        loop.kill()
    start = told.index("album.toml changed")
    assert told[start + 1].startswith("Loud One: strip 'bass': gain_db -4 -> 0 (album.toml:")
    assert " LUFS (+" in told[start + 2]
    assert told[start + 3] == str(desk.out / "masters" / "01 Loud One.wav")
    assert told[start + 4].startswith("3 rendered, ")


@pytest.mark.slow
def test_what_changes_while_it_renders_is_given_up_and_begun_anew(
    desk: Desk, watch: Callable[..., Loop], tmp_path: Path
) -> None:
    """All songs are to be finished again when the manifest is saved once more."""
    events = tmp_path / "events.jsonl"
    loop = watch("--events", events)
    loop.next("ok")
    desk.edit("loudness_lufs = -16.0", "loudness_lufs = -17.0")
    while not (events.exists() and '"started"' in events.read_text()):
        assert loop.process.poll() is None
    desk.edit("loudness_lufs = -17.0", "loudness_lufs = -18.0")
    given_up, played = loop.next("stale"), loop.next("ok")
    loop.end(signal.SIGINT)
    assert given_up.keys() == {"round", "changed", "status"}
    assert (given_up["round"], played["round"]) == (2, 3)
    again = desk.render("--json").json
    assert again["rendered"] == 0
    assert again["deliverables"] == played["deliverables"]


WHOLE = """
[[deliver]]
format = "flac"
folder = "whole"
name = "{album}.{ext}"
continuous = true
"""


@pytest.mark.slow
def test_what_needs_every_song_says_so_when_one_fails(desk: Desk) -> None:
    desk.manifest.write_text(desk.manifest.read_text(encoding="utf-8") + WHOLE, encoding="utf-8")
    stem = desk.manifest.parent / "stems" / "two keys.wav"
    soundfile.write(stem, np.full((4800, 2), np.nan), 48000, subtype="FLOAT")
    ran = desk.render("--json")
    assert (ran.code, ran.json["status"]) == (1, "failed")
    assert "whole is left as it was: it needs every song, and group:2.1 failed" in ran.json["warnings"]
    assert [song["status"] for song in ran.json["songs"]] == ["ok", "failed", "ok"]
    assert {file["song"] for file in ran.json["deliverables"]} == {1, 3}
