"""`farm freeze` as a user runs it: nothing changes, then one song's change touches no other."""

import json
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import Farm, Ran, RenderedAlbum


@dataclass(frozen=True)
class Album:
    """A copy of the rendered album with a copy of its store."""

    manifest: Path
    out: Path
    store: Path
    farm: Farm

    @property
    def file(self) -> Path:
        return self.manifest.with_name("album.frozen.toml")

    @property
    def frozen(self) -> dict[str, Any]:
        return tomllib.loads(self.file.read_text(encoding="utf-8"))

    def run(self, command: str, *more: object) -> Ran:
        return self.farm(command, self.manifest, "--store", self.store, *more)

    def render(self, *more: object) -> tuple[Any, set[str]]:
        """Render; return the document and the ids of the tasks that were made."""
        events = self.out.with_name("events.jsonl")
        events.unlink(missing_ok=True)
        ran = self.run("render", "--out", self.out, "--json", "--events", events, *more)
        assert ran.code == 0, ran.err
        told = [json.loads(line) for line in events.read_text().splitlines()] if events.exists() else []
        return ran.json, {each["node"] for each in told if each["event"] == "made"}

    def edit(self, old: str, new: str) -> None:
        text = self.manifest.read_text(encoding="utf-8")
        assert old in text
        self.manifest.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def album(tmp_path: Path, rendered: RenderedAlbum, farm: Farm) -> Album:
    shutil.copytree(rendered.manifest.parent, tmp_path / "album", ignore=shutil.ignore_patterns("out", "store"))
    shutil.copytree(rendered.store, tmp_path / "store")
    return Album(tmp_path / "album" / "album.toml", tmp_path / "out", tmp_path / "store", farm)


QUIETER = ("gain_db = -12.0", "gain_db = -15.0")
"""A fader of the second song."""


@pytest.mark.slow
def test_freezing_changes_nothing(album: Album, rendered: RenderedAlbum) -> None:
    ran = album.run("freeze")
    assert ran.code == 0, ran.err
    assert "3 songs frozen, the album at -16.0 LUFS" in ran.out
    assert [each["isrc"] for each in album.frozen["song"]] == ["QZABC2600001", "QZABC2600002", "QZABC2600003"]
    assert album.run("plan", "--json").json["summary"] == {"run": 0, "reuse": 29, "maybe": 0}
    document, made = album.render()
    assert (made, document["warnings"]) == (set(), rendered.ran.json["warnings"])
    assert [song["trim"] for song in document["songs"]] == [song["trim"] for song in rendered.ran.json["songs"]]
    assert [(each["frozen"], each["level_lu"], each["tone_db"]) for each in document["drift"]] == [(True, 0, 0)] * 3


@pytest.mark.slow
def test_one_songs_change_touches_no_other_and_its_drift_is_told(album: Album) -> None:
    album.run("freeze")
    album.edit(*QUIETER)
    document, made = album.render()
    assert {node.partition(":")[2][:1] for node in made if node.partition(":")[0] not in ("match", "assemble")} == {"2"}
    assert album.frozen["song"][1]["goal_lufs"] == pytest.approx(document["songs"][1]["integrated_lufs"], abs=0.2)
    level_lu = document["drift"][1]["level_lu"]
    assert level_lu == pytest.approx(-3.0, abs=0.3)
    (warning,) = document["warnings"]
    assert warning.startswith(f"Quiet: Two? is frozen, and today would be decided {-level_lu:.1f} LU softer")


@pytest.mark.slow
@pytest.mark.slow
def test_one_song_is_decided_anew_where_that_is_asked(album: Album) -> None:
    album.run("freeze")
    before = album.frozen["song"]
    album.edit(*QUIETER)
    album.render()
    assert album.run("freeze", "--song", "quiet: two?").code == 0
    after = album.frozen["song"]
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1]["goal_lufs"] == pytest.approx(before[1]["goal_lufs"] - 3.0, abs=0.3)
    _, made = album.render()
    assert {node.partition(":")[2][:1] for node in made if node.partition(":")[0] in ("finish", "encode")} == {"2"}


@pytest.mark.slow
def test_one_song_of_an_album_that_is_not_frozen_is_not_frozen(album: Album) -> None:
    ran = album.run("freeze", "--song", "2")
    assert (ran.code, album.file.exists()) == (2, False)
    assert "[not-frozen]" in ran.err


@pytest.mark.slow
@pytest.mark.slow
def test_thawing_decides_all_songs_as_before(album: Album, rendered: RenderedAlbum) -> None:
    album.run("freeze")
    ran = album.run("freeze", "--thaw")
    assert (ran.code, album.file.exists()) == (0, False)
    document, made = album.render()
    assert (made, document["drift"]) == (set(), None)
    assert album.run("freeze", "--thaw").code == 2


@pytest.mark.slow
@pytest.mark.slow
def test_a_new_song_is_named_and_decided_beside(album: Album) -> None:
    album.run("freeze")
    text = album.file.read_text(encoding="utf-8")
    tables = text.split("\n[[song]]\n")
    album.file.write_text("\n[[song]]\n".join([tables[0], tables[1], tables[3]]), encoding="utf-8")
    document, made = album.render()
    assert [each["frozen"] for each in document["drift"]] == [True, False, True]
    assert document["warnings"] == [
        "Quiet: Two? is not frozen yet: it was decided beside the others (`farm freeze --song 2`)"
    ]
    assert not {node for node in made if node.startswith(("finish:1", "finish:3"))}
    assert album.run("freeze", "--song", "2", "--json").json["songs"][1]["title"] == "Quiet: Two?"
    assert len(album.frozen["song"]) == 3


def test_an_album_that_is_not_rendered_is_not_frozen(album: Album) -> None:
    album.edit(*QUIETER)
    ran = album.run("freeze")
    assert (ran.code, album.file.exists()) == (2, False)
    assert "Quiet: Two?: master" in ran.err
    assert "[not-rendered]" in ran.err


@pytest.mark.parametrize("command", ["plan", "render"])
def test_a_broken_file_is_refused_with_its_place(album: Album, command: str) -> None:
    album.file.write_text('schema = 1\n[[song]]\ntitle = "Loud One"\ngoal_lufs = nan\n')
    ran = album.run(command)
    assert ran.code == 3
    assert f"{album.file}:4:13: goal_lufs has to be a finite number, not nan [not-finite]" in ran.err
    assert "    4 | goal_lufs = nan\n      |             ^" in ran.err


@pytest.mark.slow
def test_freezing_anew_needs_no_file_that_can_be_read(album: Album) -> None:
    album.file.write_text("schema = ")
    assert album.run("freeze").code == 0
    assert len(album.frozen["song"]) == 3
