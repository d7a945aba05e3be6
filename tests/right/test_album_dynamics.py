"""Dynamics matching, against ratios done by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.album.dynamics import range_factors, unbound_range_factors
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.input_spec import InputSpec
from farm.plan.match_spec import DynamicsSpec, MatchSpec, ReferenceSpec, SongMatchSpec
from farm.records import Measurement


def song(range_lu: float | None, seconds: float = 100.0) -> Measurement:
    return Measurement(seconds, -14.0, range_lu, -10.0, -12.0, -1.0, -1.0, (), (-15.0,) * len(LTAS_BANDS_HZ))


def match(
    *settings: SongMatchSpec, references: tuple[ReferenceSpec, ...] = (), dynamics: DynamicsSpec | None = None
) -> MatchSpec:
    spec = dynamics or DynamicsSpec(references)
    return MatchSpec(-14.0, "album", dynamics=spec, songs=settings or (SongMatchSpec(dynamics=1.0),) * 5)


def reference(digest: str, weight: float) -> ReferenceSpec:
    return ReferenceSpec(InputSpec(digest, digest, 1, 1), weight)


def test_ranges_are_led_to_the_median() -> None:
    assert range_factors(match(), {1: song(5.0), 2: song(6.0), 3: song(8.0)}, {}) == {1: 1.2, 2: 1.0, 3: 0.75}


def test_amount_scales_the_change() -> None:
    half = SongMatchSpec(dynamics=0.5)
    assert range_factors(match(half, half, half), {1: song(5.0), 2: song(6.0), 3: song(8.0)}, {})[3] == 0.88


def test_references_are_weighted() -> None:
    one, other = reference("a", 1.0), reference("b", 3.0)
    factors = range_factors(match(references=(one, other)), {1: song(10.0)}, {one: song(5.0), other: song(9.0)})
    assert factors == {1: 0.8}


def test_what_is_asked_knows_no_bounds() -> None:
    songs = {1: song(2.0), 2: song(6.0), 3: song(20.0)}
    assert range_factors(match(), songs, {}) == {1: 1.5, 2: 1.0, 3: 0.5}
    assert unbound_range_factors(match(), songs, {}) == pytest.approx({1: 3.0, 2: 1.0, 3: 0.3})


def test_by_default_nothing_is_ridden() -> None:
    songs = {1: song(5.0), 2: song(8.0)}
    assert range_factors(MatchSpec(-14.0, "album"), songs, {}) == {1: 1.0, 2: 1.0}
    assert range_factors(MatchSpec(-14.0, "album", dynamics=DynamicsSpec()), songs, {}) == {1: 1.0, 2: 1.0}


def test_songs_without_a_range_and_even_ones_are_left_alone() -> None:
    factors = range_factors(match(), {1: song(None), 2: song(0.4), 3: song(8.0), 4: song(6.0)}, {})
    assert (factors[1], factors[2]) == (1.0, 1.0)


def test_references_without_a_range_say_nothing() -> None:
    silent = reference("a", 1.0)
    assert range_factors(match(references=(silent,)), {1: song(8.0)}, {silent: song(None)}) == {1: 1.0}


def test_a_song_out_of_the_average_follows_and_does_not_lead() -> None:
    out = SongMatchSpec(dynamics=1.0, in_average=False)
    factors = range_factors(match(SongMatchSpec(dynamics=1.0), out), {1: song(6.0), 2: song(8.0)}, {})
    assert factors == {1: 1.0, 2: 0.75}


def test_joined_songs_share_one_factor_from_their_mean() -> None:
    joined = SongMatchSpec(dynamics=1.0, joined=1)
    songs = {1: song(6.0), 2: song(10.0), 3: song(6.0), 4: song(6.0)}
    factors = range_factors(match(joined, joined, SongMatchSpec(), SongMatchSpec()), songs, {})
    assert factors[1] == factors[2] == 0.75


@given(st.lists(st.floats(0.0, 40.0), min_size=1, max_size=5))
def test_a_factor_stays_where_a_ride_is_useful_and_is_rounded(ranges_lu: list[float]) -> None:
    for factor in range_factors(match(), dict(enumerate(map(song, ranges_lu), start=1)), {}).values():
        assert 0.5 <= factor <= 1.5
        assert factor == pytest.approx(round(factor, 2), abs=1e-12)
