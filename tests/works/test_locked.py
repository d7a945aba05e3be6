"""`farm render --write-lock` and `--locked`: an album that is rendered as it was, or not at all."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile
from conftest import Farm, Ran, RenderedAlbum, tone


@pytest.fixture(scope="module")
def locked(rendered: RenderedAlbum, farm: Farm, tmp_path_factory: pytest.TempPathFactory) -> RenderedAlbum:
    """A copy of the rendered album with its lock, and its store."""
    folder = tmp_path_factory.mktemp("locked")
    shutil.copytree(rendered.manifest.parent, folder / "album", ignore=shutil.ignore_patterns("out", "store"))
    manifest = folder / "album" / "album.toml"
    ran = farm("render", manifest, "--out", folder / "out", "--store", rendered.store, "--write-lock")
    assert ran.code == 0, ran.err
    return RenderedAlbum(manifest, folder / "out", rendered.store, ran)


@pytest.fixture
def elsewhere(locked: RenderedAlbum, tmp_path: Path) -> Path:
    """The album with its lock in a folder of another name."""
    shutil.copytree(locked.manifest.parent, tmp_path / "another checkout")
    return tmp_path / "another checkout" / "album.toml"


def lock_of(album: RenderedAlbum) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(album.manifest.with_name("farm.lock").read_text(encoding="utf-8"))
    return document


def render(farm: Farm, manifest: Path, store: Path, *more: object) -> Ran:
    return farm("render", manifest, "--out", manifest.with_name("out"), "--store", store, "--locked", *more)


def test_the_lock_says_what_was_delivered(locked: RenderedAlbum) -> None:
    delivered = lock_of(locked)["outputs"]["delivered"]
    assert set(delivered) == {
        path.relative_to(locked.out).as_posix() for path in locked.out.glob("*/0*") if path.is_file()
    }
    sums = (locked.out / "flac-24" / "SHA256SUMS").read_text(encoding="utf-8")
    assert f"{delivered['flac-24/01 Loud One.flac']['sha256']}  01 Loud One.flac" in sums
    assert len(lock_of(locked)["outputs"]["finished"]) == 6


@pytest.mark.parametrize(
    "how",
    [
        ("--workers", 2),
        pytest.param(("--workers", 2, "--on", "processes"), marks=pytest.mark.slow),
    ],
    ids=str,
)
@pytest.mark.slow
def test_it_is_rendered_the_same_elsewhere(
    locked: RenderedAlbum, farm: Farm, elsewhere: Path, tmp_path: Path, how: tuple[object, ...]
) -> None:
    """In another folder, with nothing in the store."""
    ran = render(farm, elsewhere, tmp_path / "fresh", "--json", *how)
    assert (ran.code, ran.err.count("not as locked")) == (0, 0)
    assert ran.json["rendered"] == 29
    assert ran.json["lock_differences"] == []
    found = {Path(each["path"]).parent.name + "/" + Path(each["path"]).name: each for each in ran.json["deliverables"]}
    said = lock_of(locked)["outputs"]["delivered"]
    assert {name: (each["sha256"], each["audio_sha256"]) for name, each in found.items()} == {
        name: (each["sha256"], each["audio_sha256"]) for name, each in said.items()
    }


def test_what_differs_is_refused_by_name_and_nothing_runs(
    locked: RenderedAlbum, farm: Farm, elsewhere: Path, tmp_path: Path
) -> None:
    text = elsewhere.read_text(encoding="utf-8")
    elsewhere.write_text(text.replace("gain_db = -12.0", "gain_db = -11.5").replace("amount = 0.5", "amount = 0.4"))
    pad = elsewhere.parent / "stems" / "three pad.wav"
    soundfile.write(pad, tone(331, 5, 1, 2), 48000, subtype="PCM_24")
    lock = elsewhere.with_name("farm.lock")
    lock.write_text(lock.read_text(encoding="utf-8").replace('"soxr": "', '"soxr": "0.'), encoding="utf-8")
    ran = render(farm, elsewhere, tmp_path / "fresh", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert not (elsewhere.with_name("out") / "flac-24").exists()
    soxr = lock_of(locked)["libraries"]["soxr"]
    for line in (
        f"farm.lock: nothing was rendered: 6 differences from the lock\n      library soxr 0.{soxr} -> {soxr}",
        "      Quiet: Two?: strip 'keys': gain_db -12 -> -11.5",
        "      Größe 三: strip 'pad', clip 1: three pad.wav has changed",
        "      match the songs: song 1: tone 0.5 -> 0.4",
        "[lock-differs]",
    ):
        assert line in ran.err


def test_another_output_is_named_and_ends_with_1(locked: RenderedAlbum, farm: Farm, elsewhere: Path) -> None:
    lock = elsewhere.with_name("farm.lock")
    digest = lock_of(locked)["outputs"]["delivered"]["mp3-320/01 Loud One.mp3"]["audio_sha256"]
    lock.write_text(lock.read_text(encoding="utf-8").replace(digest, "0" * 64), encoding="utf-8")
    ran = render(farm, elsewhere, locked.store, "--json")
    assert ran.code == 1
    (line,) = ran.json["lock_differences"]
    assert line.startswith("mp3-320/01 Loud One.mp3 came out otherwise: ")
    assert f"not as locked: {line}" in ran.err


@pytest.mark.slow
def test_one_song_of_a_locked_album(locked: RenderedAlbum, farm: Farm, elsewhere: Path) -> None:
    assert render(farm, elsewhere, locked.store, "--song", "2").code == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--locked", "--write-lock"), "lock-twofold"),
        (("--write-lock", "--song", "1"), "lock-partial"),
        (("--write-lock", "--solo", "keys"), "lock-partial"),
        (("--write-lock", "--until", "mix"), "lock-partial"),
        (("--write-lock", "--dry-run"), "lock-without-render"),
        (("--locked", "--watch"), "lock-without-render"),
    ],
)
@pytest.mark.slow
def test_a_lock_is_for_one_render_of_the_whole_album(
    locked: RenderedAlbum, farm: Farm, options: tuple[str, ...], code: str
) -> None:
    before = lock_of(locked)
    ran = farm("render", locked.manifest, "--out", locked.out, "--store", locked.store, *options)
    assert ran.code == 2
    assert f"[{code}]" in ran.err
    assert lock_of(locked) == before


@pytest.mark.slow
def test_without_a_lock_nothing_is_rendered(farm: Farm, elsewhere: Path, tmp_path: Path) -> None:
    elsewhere.with_name("farm.lock").unlink()
    ran = render(farm, elsewhere, tmp_path / "fresh")
    assert ran.code == 2
    assert "--write-lock" in ran.err


@pytest.mark.slow
def test_no_lock_is_written_of_what_failed(farm: Farm, elsewhere: Path, locked: RenderedAlbum) -> None:
    lock = elsewhere.with_name("farm.lock")
    lock.unlink()
    stem = elsewhere.parent / "stems" / "two keys.wav"
    stem.write_bytes(stem.read_bytes()[:2000])
    ran = farm("render", elsewhere, "--out", elsewhere.with_name("out"), "--store", locked.store, "--write-lock")
    assert (ran.code, lock.exists()) == (1, False)
    assert "no lock is written" in ran.err
