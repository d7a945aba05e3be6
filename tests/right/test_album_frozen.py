"""A frozen album: what was written down is applied, whatever happens to other songs, and the rest is decided beside."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farm.album.frozen import Decision, decide_songs
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.match_spec import DynamicsSpec, FrozenSpec, FrozenTrim, MatchSpec, SongMatchSpec, ToneSpec, WidthSpec
from farm.records import Measurement

BANDS = np.array(LTAS_BANDS_HZ)
MODES = ("album", "loudest", "track", "none")
KINDS = {"tone": ToneSpec(), "width": WidthSpec(), "dynamics": DynamicsSpec()}
ALL = SongMatchSpec(tone=0.7, width=1.0, dynamics=1.0)


def song(lufs: float, *, tilt_db_oct: float = 0.0, side_db: float = -10.0, range_lu: float = 6.0) -> Measurement:
    """A song of constant loudness with a tilted spectrum."""
    curve = tilt_db_oct * np.log2(BANDS / 1000.0) - 15.0
    return Measurement(
        duration_seconds=10.0,
        integrated_lufs=lufs,
        loudness_range_lu=range_lu,
        max_momentary_lufs=lufs + 3.0,
        max_short_term_lufs=lufs + 1.0,
        true_peak_dbtp=-3.0,
        sample_peak_dbfs=-3.0,
        block_clufs=(round(100 * lufs),) * 100,
        ltas_db=tuple(curve.tolist()),
        ltas_mid_db=tuple((curve - 3.4).tolist()),
        ltas_side_db=tuple((curve - 3.4 + side_db).tolist()),
    )


SILENCE = Measurement(1.0, None, None, None, None, None, None)

SONGS = st.builds(
    song,
    st.floats(-35.0, -8.0),
    tilt_db_oct=st.floats(-1.5, 1.5),
    side_db=st.floats(-20.0, -3.0),
    range_lu=st.floats(2.0, 12.0),
)


def frozen_as(decision: Decision) -> FrozenSpec:
    """What `farm freeze` writes down of a decision."""
    trims = tuple(
        FrozenTrim(n, f"song {n}", t.goal_lufs, t.tone_db, t.side_db, t.range_factor, t.ride_max_db, t.goal_measure)
        for n, t in decision.trims.items()
    )
    return FrozenSpec(decision.album_lufs, trims)


@st.composite
def albums(draw: st.DrawFn) -> tuple[MatchSpec, dict[int, Measurement]]:
    """An album of two to four songs that may be finished together or joined, the last one may be silent."""
    measured = draw(st.lists(SONGS, min_size=2, max_size=4))
    run = draw(st.integers(0, len(measured)))
    joined = draw(st.integers(0, run))
    if joined < len(measured) and draw(st.booleans()):
        measured[-1] = SILENCE
    own = tuple(
        replace(ALL, run=1 if n <= run else None, joined=1 if n <= joined else None, offset_lu=draw(st.floats(-2, 2)))
        for n in range(1, len(measured) + 1)
    )
    measure = draw(st.sampled_from(["integrated", "short-term"]))
    spec = MatchSpec(draw(st.floats(-20.0, -9.0)), draw(st.sampled_from(MODES)), measure, songs=own, **KINDS)
    return spec, dict(enumerate(measured, start=1))


@settings(max_examples=12)
@given(albums())
def test_freezing_changes_nothing(album: tuple[MatchSpec, dict[int, Measurement]]) -> None:
    spec, songs = album
    before = decide_songs(spec, songs, {})
    after = decide_songs(replace(spec, frozen=frozen_as(before)), songs, {})
    assert after.trims == before.trims
    assert after.album_lufs == before.album_lufs
    assert after.today == before.trims


@settings(max_examples=12)
@given(albums(), SONGS)
def test_one_songs_change_touches_no_other(
    album: tuple[MatchSpec, dict[int, Measurement]], changed: Measurement
) -> None:
    """But for those that it is finished together with."""
    spec, songs = album
    frozen = replace(spec, frozen=frozen_as(decide_songs(spec, songs, {})))
    before = decide_songs(frozen, songs, {}).trims
    last = len(songs)
    after = decide_songs(frozen, songs | {last: changed}, {}).trims
    together = spec.song(last).run
    others = [n for n in songs if n != last and (together is None or spec.song(n).run != together)]
    assert [after[n] for n in others] == [before[n] for n in others]


@settings(max_examples=12)
@given(SONGS, SONGS, st.floats(-6.0, 6.0))
def test_a_changed_song_keeps_its_loudness_and_its_curves(one: Measurement, two: Measurement, raised_lu: float) -> None:
    spec = MatchSpec(-14.0, "album", songs=(ALL, ALL), **KINDS)
    frozen = replace(spec, frozen=frozen_as(decide_songs(spec, {1: one, 2: two}, {})))
    before = decide_songs(frozen, {1: one, 2: two}, {}).trims[1]
    louder = replace(one, integrated_lufs=one.integrated_lufs + raised_lu)
    after = decide_songs(frozen, {1: louder, 2: two}, {}).trims[1]
    assert after.goal_lufs == after.run_goal_lufs == before.goal_lufs
    kept = ("tone_db", "side_db", "range_factor", "ride_max_db")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.gain_db == pytest.approx(before.gain_db - raised_lu, abs=0.0056)
    assert after.pivot_lufs == louder.integrated_lufs


def test_what_would_be_decided_today_is_told_beside() -> None:
    spec = MatchSpec(-14.0, "track")
    frozen = replace(spec, loudness_lufs=-12.0, frozen=frozen_as(decide_songs(spec, {1: song(-20.0)}, {})))
    decided = decide_songs(frozen, {1: song(-20.0)}, {})
    assert (decided.trims[1].goal_lufs, decided.today[1].goal_lufs) == (-14.0, -12.0)


def decided_beside(spec: MatchSpec, songs: dict[int, Measurement], new: int, *, edited_lu: float = 0.0) -> Decision:
    """An album that was frozen before the song `new` came, one of its trims then edited by hand."""
    old = {number: each for number, each in songs.items() if number != new}
    first, *others = frozen_as(decide_songs(spec, old, {})).songs
    assert first.goal_lufs is not None
    edited = FrozenSpec(-14.0, (replace(first, goal_lufs=first.goal_lufs + edited_lu), *others))
    return decide_songs(replace(spec, frozen=edited), songs, {})


@pytest.mark.parametrize("new_lufs", [-8.0, -14.0, -20.0])
def test_a_new_song_keeps_its_distance_from_a_frozen_album(new_lufs: float) -> None:
    """In the modes that keep distances all songs have one gain: a new one has it too, however loud it is."""
    songs = {1: song(-18.0), 2: song(-20.0), 3: song(-16.0), 4: song(new_lufs)}
    decided = decided_beside(MatchSpec(-14.0, "album"), songs, new=4)
    assert len({trim.gain_db for trim in decided.trims.values()}) == 1
    assert decided.today[4].gain_db != decided.trims[4].gain_db


def test_a_new_song_has_the_target_where_each_song_has() -> None:
    songs = {1: song(-18.0), 2: song(-20.0), 3: song(-16.0), 4: song(-25.0)}
    decided = decided_beside(MatchSpec(-14.0, "track"), songs, new=4, edited_lu=1.0)
    assert decided.trims[4].goal_lufs == -14.0
    assert decided.trims[1].goal_lufs == -13.0


def test_a_new_song_follows_the_frozen_album_where_that_has_moved() -> None:
    """The target has been changed since, and a new song is to lie beside what was approved."""
    songs = {1: song(-18.0), 2: song(-20.0), 3: song(-25.0)}
    spec = MatchSpec(-14.0, "track")
    frozen = frozen_as(decide_songs(spec, {1: songs[1], 2: songs[2]}, {}))
    decided = decide_songs(replace(spec, loudness_lufs=-9.0, frozen=frozen), songs, {})
    assert decided.trims[3].goal_lufs == -14.0


def test_a_new_song_that_would_be_too_loud_is_lowered_alone() -> None:
    songs = {1: song(-18.0), 2: song(-18.0), 3: replace(song(-18.0), max_short_term_lufs=-10.0)}
    decided = decided_beside(MatchSpec(-14.0, "album", max_short_term_lufs=-12.0), songs, new=3)
    assert [decided.trims[n].gain_db for n in songs] == [4.0, 4.0, -2.0]


def test_a_new_songs_tone_is_led_by_the_frozen_songs() -> None:
    songs = {1: song(-18.0), 2: song(-18.0), 3: song(-18.0, tilt_db_oct=1.0)}
    spec = MatchSpec(-14.0, "track", tone=ToneSpec(max_boost_db=12.0, max_cut_db=12.0), songs=(SongMatchSpec(),) * 3)
    alone = decided_beside(spec, songs, new=3).trims[3].tone_db
    asked = decide_songs(replace(spec, songs=(*spec.songs[:2], replace(spec.songs[2], in_average=False))), songs, {})
    assert alone == asked.trims[3].tone_db
    assert any(alone)


def test_a_new_song_that_joins_a_frozen_one_has_its_gain() -> None:
    own = (SongMatchSpec(), SongMatchSpec(joined=2, run=2), SongMatchSpec(joined=2, run=2))
    songs = {1: song(-18.0), 2: song(-20.0), 3: song(-26.0)}
    spec = MatchSpec(-14.0, "track", songs=own)
    frozen = FrozenSpec(-14.0, (FrozenTrim(1, "one", -14.0), FrozenTrim(2, "two", -15.0)))
    trims = decide_songs(replace(spec, frozen=frozen), songs, {}).trims
    assert (trims[2].gain_db, trims[3].gain_db, trims[3].goal_lufs) == (5.0, 5.0, -21.0)
    assert trims[2].run_goal_lufs == trims[3].run_goal_lufs


@pytest.mark.parametrize(("goal_lufs", "album_lufs"), [(-14.0, -14.0), (-14.2, -14.0), (-14.3, -14.3), (-12.9, -12.9)])
def test_the_albums_loudness_stays_as_long_as_it_is_near_enough(goal_lufs: float, album_lufs: float) -> None:
    """It stands in every file: it moves only where it would be wrong by more than `farm verify` allows."""
    spec = MatchSpec(-14.0, "album", frozen=FrozenSpec(-14.0, (FrozenTrim(1, "one", goal_lufs),)))
    assert decide_songs(spec, {1: song(-18.0)}, {}).album_lufs == album_lufs


def test_songs_that_are_missing_leave_the_albums_loudness_alone() -> None:
    frozen = FrozenSpec(-14.0, (FrozenTrim(1, "one", -20.0), FrozenTrim(2, "two", -12.0)))
    decided = decide_songs(MatchSpec(-14.0, "album", frozen=frozen), {1: song(-18.0)}, {})
    assert (decided.album_lufs, list(decided.trims)) == (-14.0, [1])


def test_a_song_without_a_loudness_written_down_is_left_alone() -> None:
    frozen = FrozenSpec(None, (FrozenTrim(1, "one"),))
    trim = decide_songs(MatchSpec(-14.0, "album", frozen=frozen), {1: song(-18.0)}, {}).trims[1]
    assert (trim.gain_db, trim.goal_lufs, trim.run_goal_lufs) == (0.0, None, None)


def test_a_frozen_song_is_judged_by_what_was_written_down() -> None:
    """Its curve was cut short by nobody, and its level is held by no limit of today."""
    spec = MatchSpec(-14.0, "album", max_short_term_lufs=-20.0, songs=(ALL, ALL), **KINDS)
    curve = (1.0,) * len(BANDS)
    frozen = FrozenSpec(-14.0, (FrozenTrim(1, "one", -15.0, curve, (3.0,) * len(BANDS), 0.5, 3.0),))
    asked = decide_songs(replace(spec, frozen=frozen), {1: song(-18.0), 2: song(-18.0, tilt_db_oct=2.0)}, {}).asked
    assert asked[1].tone is not None
    assert asked[1].width is not None
    assert (asked[1].tone.unbound_db, asked[1].width.unbound_db) == (curve, (2.0,) * len(BANDS))
    assert (asked[1].unheld_lufs, asked[1].range_lu) == (None, 3.0)
    assert asked[2].tone is not None
    assert asked[2].tone.unbound_db != curve
