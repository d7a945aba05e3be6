"""From measurements to trims: what is rounded, what songs share, and what a verdict is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.album.asked import ask_songs, asked_facts, asked_from
from farm.album.filtered import loudness_change_lu
from farm.album.match import album_lufs, match_songs
from farm.dsp.tone_filter import ToneFilter
from farm.measure.bands import LTAS_BANDS_HZ
from farm.measure.meter import Meter
from farm.plan.spec import DynamicsSpec, MatchSpec, SongMatchSpec, ToneSpec, WidthSpec
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


def test_the_estimate_of_a_filters_loudness_is_what_filtered_sound_measures() -> None:
    generator = np.random.default_rng(3)
    sound = np.cumsum(generator.standard_normal((10 * 48000, 2)), axis=0).astype(np.float32)
    sound = (0.02 * (sound - np.linspace(sound[0], sound[-1], len(sound)))).astype(np.float32)
    sound += (0.1 * generator.standard_normal(sound.shape)).astype(np.float32)
    gains = tuple(np.round(4.0 * np.sin(np.arange(30) / 3.0), 1).tolist())
    before, after = Meter(48000), Meter(48000)
    filtered = ToneFilter(LTAS_BANDS_HZ, gains, 48000)
    before.push(sound)
    for part in (filtered.push(sound), filtered.flush()):
        after.push(np.ascontiguousarray(part))
    was, has = before.finish(), after.finish()
    assert was.integrated_lufs is not None
    assert has.integrated_lufs is not None
    assert loudness_change_lu(was, gains, ()) == pytest.approx(has.integrated_lufs - was.integrated_lufs, abs=0.3)


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
