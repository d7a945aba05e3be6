"""From measurements to trims: what is rounded, what songs share, and what a verdict is told."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.album.asked import ask_songs, asked_facts, asked_from
from farm.album.match import album_lufs, match_songs
from farm.errors import AudioError
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.input_spec import InputSpec
from farm.plan.match_spec import DynamicsSpec, MatchSpec, ReferenceSpec, SongMatchSpec, ToneSpec, WidthSpec
from farm.records import Measurement, digest_of

BANDS = np.array(LTAS_BANDS_HZ)
TONE = ToneSpec(max_boost_db=2.0, max_cut_db=12.0)


def song(lufs: float, *, tilt_db_oct: float = 0.0, side_db: float = -10.0, range_lu: float = 6.0) -> Measurement:
    """A song of constant loudness with a tilted spectrum."""
    curve = tilt_db_oct * np.log2(BANDS / 1000.0) - 15.0
    return Measurement(
        10.0,
        lufs,
        range_lu,
        lufs + 3.0,
        lufs + 1.0,
        -3.0,
        -3.0,
        (round(100 * lufs),) * 100,
        tuple(curve.tolist()),
        tuple((curve - 3.4).tolist()),
        tuple((curve - 3.4 + side_db).tolist()),
    )


def spec(mode: str = "album", songs: tuple[SongMatchSpec, ...] = (), **kinds: object) -> MatchSpec:
    return MatchSpec(-14.0, mode, songs=songs, **kinds)  # type: ignore[arg-type]


@given(st.lists(st.floats(-40.0, -5.0), min_size=1, max_size=8), st.sampled_from(["album", "loudest"]))
def test_modes_that_keep_the_songs_apart_give_one_gain_to_all(levels: list[float], mode: str) -> None:
    songs = {number: song(level) for number, level in enumerate(levels, start=1)}
    trims = match_songs(spec(mode), songs, {})
    assert len({trim.gain_db for trim in trims.values()}) == 1


def test_trims_are_rounded_so_that_a_hair_changes_nothing() -> None:
    first = match_songs(spec(tone=TONE), {1: song(-18.0, tilt_db_oct=1.0), 2: song(-18.0, tilt_db_oct=-1.0)}, {})
    second = match_songs(spec(tone=TONE), {1: song(-18.0, tilt_db_oct=1.0), 2: song(-18.001, tilt_db_oct=-1.001)}, {})
    assert first[1] == second[1]


def test_joined_songs_share_all_of_their_trim() -> None:
    settings = (SongMatchSpec(width=1.0, dynamics=1.0, joined=1, run=1),) * 2 + (SongMatchSpec(),)
    songs = {
        1: song(-20.0, tilt_db_oct=1.0, side_db=-8.0, range_lu=9.0),
        2: song(-16.0, tilt_db_oct=0.2, side_db=-12.0, range_lu=5.0),
        3: song(-14.0, tilt_db_oct=-1.0, side_db=-5.0, range_lu=3.0),
    }
    match = spec("track", settings, tone=TONE, width=WidthSpec(), dynamics=DynamicsSpec())
    trims = match_songs(match, songs, {})
    shared = ("gain_db", "run_goal_lufs", "tone_db", "side_db", "range_factor", "pivot_lufs")
    assert [getattr(trims[1], name) for name in shared] == [getattr(trims[2], name) for name in shared]
    assert trims[1].run_goal_lufs == pytest.approx(-14.0, abs=0.06)
    assert trims[3].run_goal_lufs == trims[3].goal_lufs


def test_the_side_has_the_tone_and_the_width_on_top_of_it() -> None:
    settings = (SongMatchSpec(width=1.0),) * 2
    songs = {1: song(-14.0, tilt_db_oct=0.5, side_db=-16.0), 2: song(-14.0, tilt_db_oct=-0.5, side_db=-12.0)}
    trims = match_songs(spec(songs=settings, tone=TONE, width=WidthSpec()), songs, {})
    mid, side = np.array(trims[1].tone_db), np.array(trims[1].side_db)
    above = BANDS > 200.0
    np.testing.assert_allclose((side - mid)[above], 2.0, atol=0.11)
    assert np.all((side - mid)[BANDS < 110.0] == 0.0)


@pytest.mark.parametrize("measure", ["integrated", "short-term"])
def test_goals_are_in_the_measure_that_is_asked_for(measure: str) -> None:
    """The songs' loudest 3 s lie 1 LU above their loudness."""
    trims = match_songs(spec("track", loudness_measure=measure), {1: song(-20.0), 2: song(-17.0)}, {})
    assert [trim.gain_db for trim in trims.values()] == ([6.0, 3.0] if measure == "integrated" else [5.0, 2.0])
    assert all(trim.goal_measure == measure and trim.goal_lufs == -14.0 for trim in trims.values())


def test_a_song_too_short_for_the_measure_is_left_alone() -> None:
    short = replace(song(-20.0), max_short_term_lufs=None)
    trims = match_songs(spec("track", loudness_measure="short-term"), {1: short, 2: song(-17.0)}, {})
    assert (trims[1].gain_db, trims[1].goal_lufs) == (0.0, None)


def test_what_is_joined_or_finished_together_has_common_goals_of_its_own() -> None:
    joined, beside = SongMatchSpec(joined=1, run=1), SongMatchSpec(run=1)
    songs = {1: song(-20.0), 2: song(-16.0), 3: song(-24.0)}
    trims = match_songs(spec("album", (joined, joined, beside)), songs, {})
    both, all_three = (
        10.0 * np.log10(np.mean(10.0 ** (np.array(levels) / 10.0))) for levels in ((-20, -16), (-20, -16, -24))
    )
    assert trims[1].joined_goal_lufs == trims[2].joined_goal_lufs == pytest.approx(both + trims[1].gain_db, abs=0.02)
    assert trims[3].joined_goal_lufs == trims[3].goal_lufs
    assert {trim.run_goal_lufs for trim in trims.values()} == {trims[1].run_goal_lufs}
    assert trims[1].run_goal_lufs == pytest.approx(all_three + trims[1].gain_db, abs=0.02)


def test_common_goals_of_loudest_3_s_are_those_of_the_loudest_song() -> None:
    joined = SongMatchSpec(joined=1, run=1)
    match = spec("album", (joined, joined), loudness_measure="short-term")
    trims = match_songs(match, {1: song(-20.0), 2: song(-16.0)}, {})
    assert trims[1].run_goal_lufs == trims[1].joined_goal_lufs == trims[2].goal_lufs == -14.0


REFERENCE = ReferenceSpec(InputSpec("digest", "ref.flac", 1, 1))
SILENT = Measurement(10.0, None, None, None, None, None, None)
MONO = replace(song(-14.0), ltas_side_db=())


@pytest.mark.parametrize(
    ("kinds", "measured", "kind"),
    [
        ({"loudness_references": (REFERENCE,)}, SILENT, "a loudness"),
        ({"tone": ToneSpec((REFERENCE,))}, SILENT, "a tone"),
        ({"width": WidthSpec((REFERENCE,))}, MONO, "a width"),
        ({"dynamics": DynamicsSpec((REFERENCE,))}, replace(song(-14.0), loudness_range_lu=None), "dynamics"),
    ],
)
def test_references_that_have_nothing_to_aim_at_are_refused(
    kinds: dict[str, Any], measured: Measurement, kind: str
) -> None:
    with pytest.raises(AudioError, match=f"no reference has {kind} ") as caught:
        match_songs(spec("track", **kinds), {1: song(-20.0)}, {REFERENCE: measured})
    assert (caught.value.code, caught.value.where) == ("reference-silent", "ref.flac")


def test_a_silent_reference_beside_another_has_no_say() -> None:
    other = ReferenceSpec(InputSpec("other", "other.flac", 1, 1))
    match = spec("track", tone=ToneSpec((REFERENCE, other)))
    songs, loud = {1: song(-20.0)}, song(-14.0, tilt_db_oct=1.0)
    alone = match_songs(spec("track", tone=ToneSpec((other,))), songs, {other: loud})
    assert match_songs(match, songs, {REFERENCE: SILENT, other: loud}) == alone


def test_what_was_asked_knows_no_bounds_and_survives_as_facts() -> None:
    songs = {1: song(-14.0, tilt_db_oct=2.0), 2: song(-14.0, tilt_db_oct=-2.0), 3: song(-14.0)}
    match = spec(
        songs=(SongMatchSpec(dynamics=0.5),) * 3, tone=TONE, dynamics=DynamicsSpec(), max_short_term_lufs=-20.0
    )
    asked = ask_songs(match, songs, {})
    trims = match_songs(match, songs, {})
    assert asked[2].tone is not None
    assert max(asked[2].tone.unbound_db) > 4.0
    assert max(trims[2].tone_db) == 2.0
    assert asked[1].unheld_lufs == pytest.approx(-14.0, abs=0.01)
    assert trims[1].goal_lufs == pytest.approx(-21.0, abs=0.06)
    assert asked[1].width is None
    facts = asked_facts(asked)
    digest_of(facts)
    assert {int(number): asked_from(each) for number, each in facts.items()} == asked  # type: ignore[arg-type]


def test_the_albums_loudness_is_that_of_its_songs_with_their_gains() -> None:
    songs = {1: song(-18.0), 2: song(-21.0)}
    assert album_lufs(songs, match_songs(spec("track"), songs, {})) == -14.0
    assert album_lufs({}, {}) is None
