"""The verdict on an album's loudness: blocks pooled by hand, and why they are not what was asked for."""

from collections.abc import Mapping

import pytest

from farm.album.album_verdict import JudgedAlbum, judge_album
from farm.plan.match_spec import FrozenSpec, MatchSpec, SongMatchSpec
from farm.records import Measurement, Trim


def song(lufs: float, blocks: int = 100) -> Measurement:
    clufs = (round(100.0 * lufs),) * blocks
    return Measurement(blocks / 10.0, lufs, 6.0, lufs, lufs, -1.0, -1.0, clufs)


def album(
    finished: Mapping[int, float],
    *,
    asked_lufs: float | None = -14.0,
    decided: Mapping[int, float] | None = None,
    missed: tuple[int, ...] = (),
    settings: tuple[SongMatchSpec, ...] = (),
    frozen: FrozenSpec | None = None,
) -> JudgedAlbum:
    """Masters of -20 LUFS, raised to what was decided, which is what they came to if nothing else is said."""
    match = MatchSpec(-14.0, "album", songs=settings, frozen=frozen)
    goals = decided or finished
    trims = {number: Trim(lufs + 20.0, lufs) for number, lufs in goals.items()}
    masters = {number: song(-20.0) for number in finished}
    return JudgedAlbum(
        match, masters, trims, {number: song(lufs) for number, lufs in finished.items()}, asked_lufs, missed
    )


def test_songs_that_pool_to_the_target_are_well() -> None:
    """Two songs of equal length, 6 LU apart, have the mean of their powers: 2.04 LU below the louder one."""
    found = judge_album(album({1: -11.97, 2: -17.97}))
    assert (found.status, found.asked) == ("ok", -14.0)
    assert found.reached == pytest.approx(-14.0, abs=0.02)


def test_songs_out_of_the_average_do_not_count_unless_all_are() -> None:
    out, inside = SongMatchSpec(in_average=False), SongMatchSpec()
    assert judge_album(album({1: -14.0, 2: -10.0}, settings=(inside, out))).reached == pytest.approx(-14.0)
    assert judge_album(album({1: -10.0, 2: -10.0}, settings=(out, out))).reached == pytest.approx(-10.0)


def test_songs_that_miss_their_loudness_are_named() -> None:
    found = judge_album(album({1: -14.0, 2: -16.0, 3: -14.0}, decided={1: -14.0, 2: -14.0, 3: -14.0}, missed=(2,)))
    assert (found.status, found.why) == ("missed", "not all songs have theirs: 2")


def test_a_miss_of_a_song_that_does_not_count_is_not_the_albums() -> None:
    settings = (SongMatchSpec(), SongMatchSpec(in_average=False))
    assert judge_album(album({1: -14.0, 2: -30.0}, missed=(2,), settings=settings)).status == "ok"


def test_songs_that_were_lowered_for_their_loudest_three_seconds_are_why() -> None:
    found = judge_album(album({1: -16.0, 2: -16.0}))
    assert found.status == "warn"
    assert found.why == "its songs are lowered: the loudest 3 s of one of them would be too loud"


def test_a_frozen_album_is_what_was_frozen() -> None:
    found = judge_album(album({1: -16.0, 2: -16.0}, frozen=FrozenSpec(-16.0)))
    assert (found.status, found.why) == ("warn", "that is what was frozen")


def test_what_finishing_changed_though_each_song_has_its_loudness_is_told() -> None:
    found = judge_album(album({1: -14.3, 2: -14.3}, decided={1: -14.0, 2: -14.0}))
    assert found.why == "each song has its own: limiting and riding change how much of it counts"


def test_where_nothing_is_asked_of_the_album_it_is_told_and_not_judged() -> None:
    found = judge_album(album({1: -9.0, 2: -9.0}, asked_lufs=None))
    assert (found.status, found.asked, found.why) == ("ok", None, None)
    assert found.reached == pytest.approx(-9.0)


def test_an_album_of_silence_has_no_loudness() -> None:
    silent = Measurement(4.0, None, None, None, None, None, None)
    judged = JudgedAlbum(MatchSpec(-14.0, "album"), {1: silent}, {1: Trim()}, {1: silent}, -14.0)
    assert judge_album(judged).reached is None
