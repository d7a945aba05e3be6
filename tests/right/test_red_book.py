"""What no disc can hold is known from the manifest, and what a plant would ask about is told."""

from dataclasses import replace
from typing import Any

import pytest

from farm.deliver.cd_text import build_cd_text
from farm.errors import DeliveryError
from farm.manifest.disc_text import count_text_packs
from farm.manifest.disc_view import Disc
from farm.manifest.red_book import check_red_book, find_red_book_warnings, warn_of_discs
from farm.plan.cd import CdSongSpec, CdSpec

ALBUM = {"title": "Low Tide", "artist": "The Example", "upc": "0123456789012"}


def album(*songs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"album": ALBUM | changes, "song": list(songs)}


def song(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"title": f"Song {number}", "isrc": f"QZABC26{number:05}"} | changes


def codes(data: dict[str, Any], cd_text: str = "common") -> list[tuple[tuple[str | int, ...], str]]:
    return [(problem.loc, problem.code) for problem in check_red_book(data, Disc(cd_text=cd_text))]


def warnings(data: dict[str, Any], disc: Disc | None = None) -> dict[tuple[tuple[str | int, ...], str], str]:
    return {(each.loc, each.code): each.message for each in find_red_book_warnings(data, disc or Disc())}


def test_an_album_that_fits_has_no_problem_and_no_warning() -> None:
    songs = [song(number, cd={"copy_permitted": True, "index_seconds": [1.0, 2.5]}) for number in range(1, 100)]
    assert not codes(album(song(0, cd={"hidden": True}), *songs))
    assert not warnings(album(*songs))


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
    assert list(warnings(data)) == [
        (("album",), "upc-missing"),
        (("song", 0), "isrc-missing"),
        (("album", "title"), "not-latin-1"),
        (("song", 0, "composer"), "not-latin-1"),
        (("song", 1, "cd", "message"), "not-latin-1"),
    ]
    assert "'Дмитрий' becomes 'Dmitriy'" in warnings(data)[("song", 0, "composer"), "not-latin-1"]
    assert list(warnings(data, Disc(cd_text="none"))) == [(("album",), "upc-missing"), (("song", 0), "isrc-missing")]


def test_several_names_are_judged_as_they_stand_on_the_disc() -> None:
    players = [f"Player Number {number}, who is in every song of this album" for number in range(20)]
    songs = [song(number, artist=[*players, players[0]], composer=["潮", "B"]) for number in (1, 2, 3)]
    assert codes(album(*songs)) == [(("album",), "cd-text-too-long")]
    tracks = tuple(CdSongSpec("T", ", ".join(players[:2]), composer="A, B") for _ in songs)
    fits = [song(number, title="T", artist=players[:2], composer=["A", "B"]) for number in (1, 2, 3)]
    packs = len(build_cd_text(CdSpec("Low Tide", "The Example", tracks))) // 18 - 3
    longest = "x" * ((253 - packs) * 12 + len("Low Tide"))
    assert not codes(album(*fits, title=longest))
    assert codes(album(*fits, title=longest + "x" * 12))
    told = warnings(album(*songs, artist=["潮", "B"]))
    assert "'潮, B' becomes '?, B'" in told[("song", 0, "composer"), "not-latin-1"]
    assert (("album", "artist"), "not-latin-1") in told


def test_codes_take_packs_of_a_disc_that_bears_them() -> None:
    """They are as many as are written: with one letter more in the title, neither fits."""
    songs = [song(number, title="T", artist="A") for number in range(1, 51)]
    tracks = tuple(CdSongSpec("T", "A", isrc=each["isrc"]) for each in songs)
    spec = CdSpec("x", "A", tracks, ALBUM["upc"], "CAT-1", genre="Jazz", cd_text="full")
    packs = len(build_cd_text(spec)) // 18 - 3
    room = 12 - (2 * 51) % 12 + (253 - packs) * 12
    for title, fits in (("x" * (1 + room), True), ("x" * (2 + room), False)):
        data = album(*songs, title=title, artist="A", catalogue_number="CAT-1", genre="Jazz")
        assert not codes(data)
        assert (not codes(data, "full")) is fits
    with pytest.raises(DeliveryError):
        build_cd_text(replace(spec, title="x" * (2 + room)))


def test_what_a_hidden_song_cannot_have_is_told() -> None:
    cd = {"hidden": True, "index_seconds": [2.0], "scms": True, "message": "潮"}
    assert warnings(album(song(1, cd=cd, composer="潮"), song(2))) == {
        (
            ("song", 0, "cd", "hidden"),
            "hidden-without-codes",
        ): "'Song 1' is hidden before track 1: a disc has no place for its ISRC, index points, flag of SCMS, message"
    }
    assert not warnings(album(song(1, isrc=None, cd={"hidden": True}), song(2)))


def test_what_a_cue_sheet_cuts_off_is_told() -> None:
    data = album(song(1, title="x" * 81, composer="y" * 81, cd={"songwriter": "z" * 80}), song(2, composer="c" * 81))
    assert list(warnings(data, Disc(format="cd"))) == [
        (("song", 0, "title"), "text-cut"),
        (("song", 1, "composer"), "text-cut"),
    ]
    assert not warnings(data)
    assert not warnings(data, Disc(format="cd", cd_text="none"))


def test_what_becomes_ascii_or_is_cut_in_a_ddp_is_told() -> None:
    data = album(song(), catalogue_number="Ö" * 49, genre="Böhmisch")
    number = ("album", "catalogue_number")
    assert list(warnings(data)) == [(number, "not-ascii"), (number, "text-cut")]
    assert list(warnings(data, Disc(cd_text="full")))[2:] == [(("album", "genre"), "not-ascii")]
    assert not warnings(data, Disc(format="cd", cd_text="full"))


def test_two_deliverables_of_a_disc_are_warned_of_once() -> None:
    data = album(song(isrc=None)) | {"deliver": [{"format": "ddp"}, {"format": "cd"}]}
    assert [problem.code for problem in warn_of_discs(data)] == ["isrc-missing"]


def test_packs_are_counted_as_they_are_filled() -> None:
    assert [count_text_packs(texts) for texts in (["", ""], ["a" * 11], ["a" * 11, ""], ["a" * 12])] == [0, 1, 2, 2]
