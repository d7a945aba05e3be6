"""What no disc can hold is known from the manifest, and what a plant would ask about is told."""

from typing import Any

import pytest

from farm.deliver.cd_text import build_cd_text
from farm.manifest.red_book import check_red_book, count_text_packs, find_red_book_warnings
from farm.plan.cd import CdSongSpec, CdSpec

ALBUM = {"title": "Low Tide", "artist": "The Example", "upc": "0123456789012"}


def album(*songs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"album": ALBUM | changes, "song": list(songs)}


def song(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"title": f"Song {number}", "isrc": f"QZABC26{number:05}"} | changes


def codes(data: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    return [(problem.loc, problem.code) for problem in check_red_book(data)]


def test_an_album_that_fits_has_no_problem_and_no_warning() -> None:
    songs = [song(number, cd={"copy_permitted": True, "index_seconds": [1.0, 2.5]}) for number in range(1, 100)]
    assert not codes(album(song(0, cd={"hidden": True}), *songs))
    assert not list(find_red_book_warnings(album(*songs)))


@pytest.mark.parametrize(
    ("songs", "loc", "code"),
    [
        ([song(number) for number in range(100)], ("song", 99), "too-many-tracks"),
        ([song(1), song(2, cd={"hidden": True})], ("song", 1, "cd", "hidden"), "hidden-not-first"),
        ([song(1, cd={"hidden": True})], ("song", 0, "cd", "hidden"), "hidden-not-first"),
        ([song(cd={"scms": True, "copy_permitted": True})], ("song", 0, "cd", "scms"), "copy-flags"),
        ([song(cd={"index_seconds": [2.0, 1.0]})], ("song", 0, "cd", "index_seconds"), "index-points"),
        ([song(cd={"index_seconds": [0]})], ("song", 0, "cd", "index_seconds"), "index-points"),
        ([song(cd={"index_seconds": [*range(1, 100)]})], ("song", 0, "cd", "index_seconds"), "index-points"),
        ([song(title="x" * 1500, artist="y" * 1600)], ("album",), "cd-text-too-long"),
    ],
)
def test_what_no_disc_can_hold_is_told_at_its_place(
    songs: list[dict[str, Any]], loc: tuple[str | int, ...], code: str
) -> None:
    assert codes(album(*songs)) == [(loc, code)]


def test_the_text_of_a_disc_is_counted_as_it_is_written() -> None:
    """253 packs at most: here 22 for titles and artists, the rest for a composer whom the disc and 2 tracks share."""
    credit = "z" * ((253 - 22) * 12 // 3 - 1)
    songs = [song(number, title="x" * 43, artist="y" * 64, composer=credit) for number in (1, 2)]
    data = album(*songs, title="x" * 43, artist="y")
    tracks = tuple(CdSongSpec(each["title"], each["artist"], composer=each["composer"]) for each in songs)
    assert len(build_cd_text(CdSpec(data["album"]["title"], data["album"]["artist"], tracks))) == 256 * 18
    assert not codes(data)
    songs[0]["title"] += "x"
    assert [code for _, code in codes(data)] == ["cd-text-too-long"]


def test_tables_that_are_malformed_are_passed_over() -> None:
    assert not codes({"album": 3, "song": [{"title": 5, "cd": {"index_seconds": ["x"], "hidden": "yes"}}, 7]})


def test_what_a_plant_may_ask_about_is_a_warning() -> None:
    data = album(song(1, isrc=None, composer="Дмитрий"), song(2, cd={"message": "潮"}), song(3), upc=None, title="Łódź")
    assert [(problem.loc, problem.code) for problem in find_red_book_warnings(data)] == [
        (("album",), "upc-missing"),
        (("song", 0), "isrc-missing"),
        (("album", "title"), "not-latin-1"),
        (("song", 0, "composer"), "not-latin-1"),
        (("song", 1, "cd", "message"), "not-latin-1"),
    ]
    assert "'Дмитрий' becomes 'Dmitriy'" in next(
        problem.message for problem in find_red_book_warnings(data) if problem.loc == ("song", 0, "composer")
    )


def test_packs_are_counted_as_they_are_filled() -> None:
    assert [count_text_packs(texts) for texts in (["", ""], ["a" * 11], ["a" * 11, ""], ["a" * 12])] == [0, 1, 2, 2]
