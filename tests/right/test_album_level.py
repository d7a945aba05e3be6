"""The levels of an album's songs, against BS.1770-5 written out again and sums done by hand."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from farm.album.level import aimed_lufs, level_gains_db
from farm.plan.input_spec import InputSpec
from farm.plan.match_spec import MatchSpec, ReferenceSpec, SongMatchSpec
from farm.records import Measurement

TARGET_LUFS = -14.0
EXACT_LU = 0.02
"""Blocks are whole hundredths, and so are the gains that they are pooled with."""


def gated(levels_lufs: Sequence[float]) -> float:
    """The loudness of gating blocks (BS.1770-5, Annex 1, eq. 4 to 7)."""
    powers = 10.0 ** (np.array([level for level in levels_lufs if level > -70.0]) / 10.0)
    loud = powers[powers > powers.mean() / 10.0]
    return float(10.0 * np.log10(loud.mean()))


def song(*levels_lufs: float, short_term_lufs: float | None = None, blocks: int = 50) -> Measurement:
    """A song of as many blocks of each level; its loudest 3 s are its loudest blocks unless said otherwise."""
    levels = [level for level in levels_lufs for _ in range(blocks)]
    loudest = max(levels) if short_term_lufs is None else short_term_lufs
    return Measurement(
        duration_seconds=len(levels) / 10.0,
        integrated_lufs=gated(levels),
        loudness_range_lu=1.0,
        max_momentary_lufs=loudest,
        max_short_term_lufs=loudest,
        true_peak_dbtp=-3.0,
        sample_peak_dbfs=-3.0,
        block_clufs=tuple(round(100.0 * level) for level in levels),
    )


SILENCE = Measurement(10.0, None, None, None, None, None, None)


def spec(mode: str, *settings: SongMatchSpec, **more: Any) -> MatchSpec:
    return MatchSpec(TARGET_LUFS, mode, songs=settings, **more)


def album(*songs: Measurement) -> dict[int, Measurement]:
    return dict(enumerate(songs, start=1))


def gains(spec: MatchSpec, *songs: Measurement) -> list[float]:
    found = level_gains_db(spec, album(*songs), {})
    return [gain for number in sorted(found) if (gain := found[number]) is not None]


def pooled(songs: Sequence[Measurement], gains_db: Sequence[float]) -> float:
    """What the songs measure when they are played one after another with these gains."""
    return gated(
        [block / 100.0 + gain for each, gain in zip(songs, gains_db, strict=True) for block in each.block_clufs]
    )


LEVELS = st.integers(-4000, -500).map(lambda clufs: clufs / 100.0)
SONGS = st.builds(
    lambda level, deeper, blocks: song(level, level - deeper, blocks=blocks),
    LEVELS,
    st.integers(0, 25),
    st.integers(1, 60),
)
ALBUMS = st.lists(SONGS, min_size=1, max_size=7)
OFFSETS = st.floats(-15.0, 6.0)
SETTINGS = st.builds(SongMatchSpec, offset_lu=OFFSETS, level=st.floats(0.0, 1.0), in_average=st.booleans())


@st.composite
def albums(draw: st.DrawFn) -> tuple[list[Measurement], tuple[SongMatchSpec, ...]]:
    songs = draw(ALBUMS)
    return songs, tuple(draw(SETTINGS) for _ in songs)


SPREADS = st.none() | st.floats(0.0, 20.0)


class TestModes:
    def test_track_brings_each_song_to_the_target(self) -> None:
        assert gains(spec("track"), song(-10.0), song(-20.0)) == pytest.approx([-4.0, 6.0])

    def test_loudest_gives_all_songs_the_gain_of_the_loudest(self) -> None:
        assert gains(spec("loudest"), song(-10.0), song(-20.0)) == pytest.approx([-4.0, -4.0])

    def test_album_pools_the_energy_of_all_songs(self) -> None:
        """Two songs of equal length at -18 and -21: the mean energy is 10 lg((10^-1.8 + 10^-2.1) / 2)."""
        both = gains(spec("album"), song(-18.0), song(-21.0))
        mean_lufs = 10.0 * np.log10((10**-1.8 + 10**-2.1) / 2.0)
        assert both == pytest.approx([TARGET_LUFS - mean_lufs] * 2, abs=0.01)

    def test_album_gates_a_song_that_is_far_below_the_others(self) -> None:
        assert gains(spec("album"), song(-18.0), song(-40.0)) == pytest.approx([4.0, 4.0], abs=0.01)

    def test_album_weighs_songs_by_their_length(self) -> None:
        longer = gains(spec("album"), song(-18.0, blocks=300), song(-21.0, blocks=100))
        mean_lufs = 10.0 * np.log10((3.0 * 10**-1.8 + 10**-2.1) / 4.0)
        assert longer == pytest.approx([TARGET_LUFS - mean_lufs] * 2, abs=0.01)

    def test_none_changes_nothing(self) -> None:
        assert level_gains_db(spec("none"), album(song(-18.0)), {}) == {1: None}

    @pytest.mark.parametrize("mode", ["album", "loudest", "track"])
    def test_a_song_without_loudness_keeps_its_level_and_counts_for_nothing(self, mode: str) -> None:
        alone = level_gains_db(spec(mode), album(song(-18.0)), {})[1]
        assert level_gains_db(spec(mode), album(song(-18.0), SILENCE), {}) == {1: alone, 2: None}
        assert level_gains_db(spec(mode), album(SILENCE), {}) == {1: None}

    def test_a_target_below_the_absolute_gate_of_many_blocks_is_met_all_the_same(self) -> None:
        """Lowered by 30 dB, the quiet half falls below -70 LUFS, out of the pool."""
        quiet = [song(-8.0, -17.0, -44.0), song(-10.0, -19.0, -41.0)]
        low = replace(spec("album"), loudness_lufs=-38.0)
        assert pooled(quiet, gains(low, *quiet)) == pytest.approx(-38.0, abs=EXACT_LU)


class TestShortTerm:
    def test_the_loudest_three_seconds_of_each_song_or_of_all_meet_the_target(self) -> None:
        songs = song(-20.0, short_term_lufs=-12.0), song(-16.0, short_term_lufs=-15.0)
        track = spec("track", loudness_measure="short-term")
        assert gains(track, *songs) == pytest.approx([-2.0, 1.0])
        for mode in ("album", "loudest"):
            assert gains(replace(track, loudness_mode=mode), *songs) == pytest.approx([-2.0, -2.0])

    def test_a_song_shorter_than_three_seconds_keeps_its_level(self) -> None:
        short = replace(song(-18.0), max_short_term_lufs=None)
        found = level_gains_db(spec("track", loudness_measure="short-term"), album(short, song(-20.0)), {})
        assert found == {1: None, 2: 6.0}

    def test_in_track_mode_only_the_song_is_lowered_whose_loudest_seconds_are_too_loud(self) -> None:
        songs = song(-20.0, short_term_lufs=-12.0), song(-20.0, short_term_lufs=-18.0)
        assert gains(spec("track", max_short_term_lufs=-9.0), *songs) == pytest.approx([3.0, 6.0])

    @pytest.mark.parametrize("mode", ["album", "loudest"])
    def test_in_the_other_modes_all_are_lowered_and_keep_their_distances(self, mode: str) -> None:
        songs = song(-20.0, short_term_lufs=-12.0), song(-20.0, short_term_lufs=-18.0)
        assert gains(spec(mode, max_short_term_lufs=-9.0), *songs) == pytest.approx([3.0, 3.0], abs=0.01)

    @pytest.mark.parametrize("mode", ["album", "loudest"])
    def test_one_out_of_the_average_is_lowered_alone(self, mode: str) -> None:
        songs = song(-20.0), song(-20.0, short_term_lufs=-4.0)
        settings = SongMatchSpec(), SongMatchSpec(in_average=False)
        assert gains(spec(mode, *settings, max_short_term_lufs=-9.0), *songs) == pytest.approx([6.0, -5.0], abs=0.01)

    @examples(max_examples=60, deadline=None)
    @given(albums(), st.sampled_from(["album", "loudest", "track"]), SPREADS, st.floats(-20.0, -6.0))
    def test_no_song_exceeds_it_ever(
        self,
        drawn: tuple[list[Measurement], tuple[SongMatchSpec, ...]],
        mode: str,
        spread_lu: float | None,
        most_lufs: float,
    ) -> None:
        songs, settings = drawn
        found = gains(spec(mode, *settings, max_spread_lu=spread_lu, max_short_term_lufs=most_lufs), *songs)
        loudest = [(each.max_short_term_lufs or 0.0) + gain for each, gain in zip(songs, found, strict=True)]
        assert max(loudest) <= most_lufs + 1e-9


class TestIntent:
    def test_an_offset_is_kept_in_every_mode(self) -> None:
        quieter = SongMatchSpec(), SongMatchSpec(offset_lu=-6.0), SongMatchSpec()
        songs = song(-12.0), song(-18.0), song(-15.0)
        assert gains(spec("track", *quieter), *songs) == pytest.approx([-2.0, -2.0, 1.0])
        for mode in ("album", "loudest"):
            with_offset = gains(spec(mode, *quieter), *songs)
            assert with_offset[1] - with_offset[0] == pytest.approx(-6.0)

    def test_an_offset_is_no_outlier(self) -> None:
        """The second is 3 below the others and pulled up to 1 below; what is meant, 8 less, stays."""
        wanted = SongMatchSpec(), SongMatchSpec(offset_lu=-8.0), SongMatchSpec()
        songs = song(-12.0), song(-15.0), song(-12.0)
        first, second, _ = gains(spec("loudest", *wanted, max_spread_lu=1.0), *songs)
        assert (first, second - first) == pytest.approx((-2.0, 2.0 - 8.0))

    def test_the_loudest_song_with_its_offset_has_the_target(self) -> None:
        louder = SongMatchSpec(), SongMatchSpec(offset_lu=5.0)
        assert gains(spec("loudest", *louder), song(-12.0), song(-14.0)) == pytest.approx([-5.0, 0.0])

    def test_an_amount_evens_out_a_part_of_the_distance_to_the_median(self) -> None:
        songs = song(-12.0), song(-16.0), song(-20.0)
        half = gains(spec("loudest", *[SongMatchSpec(level=0.5)] * 3), *songs)
        assert half == pytest.approx([-2.0 + 0.0, 0.0, 2.0])
        whole = gains(spec("album", *[SongMatchSpec(level=1.0)] * 3), *songs)
        assert whole == pytest.approx([-2.0, 2.0, 6.0], abs=0.01)

    def test_a_song_that_is_wholly_evened_out_has_no_say_in_where_the_others_are(self) -> None:
        wanted = SongMatchSpec(), SongMatchSpec(level=1.0)
        assert gains(spec("loudest", *wanted), song(-12.0), song(-30.0)) == pytest.approx([-2.0, 16.0])

    @pytest.mark.parametrize("mode", ["album", "loudest"])
    def test_a_song_out_of_the_average_counts_for_nothing_and_is_placed(self, mode: str) -> None:
        out = SongMatchSpec(), SongMatchSpec(in_average=False)
        alone = gains(spec(mode), song(-18.0))[0]
        assert gains(spec(mode, *out), song(-18.0), song(-6.0)) == pytest.approx([alone, alone])
        pulled = gains(spec(mode, *out, max_spread_lu=2.0), song(-18.0), song(-6.0))
        assert pulled == pytest.approx([alone, alone - 10.0])

    def test_if_none_is_in_the_average_all_are(self) -> None:
        songs = song(-18.0), song(-21.0)
        none = gains(spec("album", *[SongMatchSpec(in_average=False)] * 2), *songs)
        assert none == gains(spec("album"), *songs)


class TestSpread:
    def test_a_quiet_song_is_raised_and_the_album_still_meets_the_target(self) -> None:
        """-18 and -26 with a spread of 3: the second counts as -21."""
        first, second = gains(spec("album", max_spread_lu=3.0), song(-18.0), song(-26.0))
        mean_lufs = 10.0 * np.log10((10**-1.8 + 10**-2.1) / 2.0)
        assert (first, second) == pytest.approx((TARGET_LUFS - mean_lufs, TARGET_LUFS - mean_lufs + 5.0), abs=0.01)

    def test_a_loud_song_among_many_is_lowered_rather_than_all_others_raised(self) -> None:
        songs = song(-14.0), song(-15.0), song(-16.0), song(-5.0)
        found = gains(spec("loudest", max_spread_lu=4.0), *songs)
        assert [each - found[0] for each in found] == pytest.approx([0.0, 0.0, 0.0, -7.0])

    def test_outliers_on_both_sides_are_pulled_in(self) -> None:
        songs = song(-30.0), song(-16.0), song(-15.0), song(-14.0), song(-5.0)
        found = gains(spec("loudest", max_spread_lu=4.0), *songs)
        levels = [(each.integrated_lufs or 0.0) + gain for each, gain in zip(songs, found, strict=True)]
        assert max(levels) - min(levels) == pytest.approx(4.0)
        assert found[1:4] == pytest.approx([found[1]] * 3)

    @examples(max_examples=60, deadline=None)
    @given(ALBUMS, st.floats(0.0, 20.0), st.sampled_from(["album", "loudest"]))
    def test_no_two_songs_differ_by_more(self, songs: list[Measurement], spread_lu: float, mode: str) -> None:
        found = gains(spec(mode, max_spread_lu=spread_lu), *songs)
        levels = [(each.integrated_lufs or 0.0) + gain for each, gain in zip(songs, found, strict=True)]
        assert max(levels) - min(levels) <= spread_lu + 1e-9

    @examples(max_examples=60, deadline=None)
    @given(ALBUMS, st.sampled_from(["album", "loudest"]))
    def test_a_spread_that_nobody_exceeds_changes_nothing(self, songs: list[Measurement], mode: str) -> None:
        wide = gains(spec(mode, max_spread_lu=60.0), *songs)
        assert wide == pytest.approx(gains(spec(mode), *songs), abs=1e-9)


class TestJoined:
    def test_joined_songs_are_one_programme(self) -> None:
        joined = SongMatchSpec(joined=1), SongMatchSpec(joined=1), SongMatchSpec()
        first, second, third = gains(spec("track", *joined), song(-18.0), song(-21.0), song(-20.0))
        assert first == second == pytest.approx(TARGET_LUFS - gated([-18.0, -21.0]), abs=0.01)
        assert third == pytest.approx(6.0)

    def test_they_have_the_offset_of_the_first_and_the_smallest_amount_and_count_if_one_does(self) -> None:
        first = SongMatchSpec(offset_lu=-3.0, level=0.5, in_average=False, joined=1)
        second = SongMatchSpec(offset_lu=2.0, level=1.0, joined=1)
        songs = song(-20.0), song(-20.0), song(-10.0)
        together = SongMatchSpec(offset_lu=-3.0, level=0.5), SongMatchSpec()
        alone = gains(spec("album", *together), song(-20.0, blocks=100), song(-10.0))
        assert gains(spec("album", first, second, SongMatchSpec()), *songs) == pytest.approx(
            [alone[0], alone[0], alone[1]], abs=EXACT_LU
        )

    def test_silence_between_joined_songs_gets_their_gain(self) -> None:
        joined = [SongMatchSpec(joined=1)] * 3
        found = level_gains_db(spec("track", *joined), album(song(-18.0), SILENCE, song(-18.0)), {})
        assert found == pytest.approx({1: 4.0, 2: 4.0, 3: 4.0}, abs=0.01)

    @examples(max_examples=60, deadline=None)
    @given(albums(), st.sampled_from(["album", "loudest", "track"]), SPREADS)
    def test_joined_songs_have_one_gain(
        self, drawn: tuple[list[Measurement], tuple[SongMatchSpec, ...]], mode: str, spread_lu: float | None
    ) -> None:
        songs, settings = drawn
        pairs = [replace(each, joined=index // 2) for index, each in enumerate(settings)]
        found = gains(spec(mode, *pairs, max_spread_lu=spread_lu), *songs)
        assert all(found[index] == found[index + 1] for index in range(0, len(found) - 1, 2))


class TestReferences:
    REFERENCES = tuple(
        ReferenceSpec(InputSpec(f"digest {i}", f"{i}.flac", 1, 1), weight) for i, weight in enumerate((1.0, 3.0))
    )

    def aiming(self, **more: Any) -> MatchSpec:
        return spec("track", loudness_references=self.REFERENCES, **more)

    def test_the_target_is_the_weighted_mean_of_their_levels(self) -> None:
        measured = dict(zip(self.REFERENCES, (song(-8.0), song(-12.0)), strict=True))
        assert aimed_lufs(self.aiming(), measured) == pytest.approx(-11.0)
        assert level_gains_db(self.aiming(), album(song(-20.0)), measured)[1] == pytest.approx(9.0)

    def test_they_are_measured_as_the_songs_are(self) -> None:
        measured = dict.fromkeys(self.REFERENCES, song(-12.0, short_term_lufs=-7.0))
        assert aimed_lufs(self.aiming(loudness_measure="short-term"), measured) == pytest.approx(-7.0)

    def test_a_silent_one_has_no_say(self) -> None:
        measured = dict(zip(self.REFERENCES, (song(-8.0), SILENCE), strict=True))
        assert aimed_lufs(self.aiming(), measured) == pytest.approx(-8.0)


class TestLaws:
    @examples(max_examples=60, deadline=None)
    @given(albums(), SPREADS)
    def test_the_album_measures_the_target_with_all_offsets_in(
        self, drawn: tuple[list[Measurement], tuple[SongMatchSpec, ...]], spread_lu: float | None
    ) -> None:
        songs, settings = drawn
        found = gains(spec("album", *settings, max_spread_lu=spread_lu), *songs)
        counted = [i for i, each in enumerate(settings) if each.in_average] or range(len(songs))
        after = pooled([songs[i] for i in counted], [found[i] for i in counted])
        assert after == pytest.approx(TARGET_LUFS, abs=EXACT_LU)

    @examples(max_examples=60, deadline=None)
    @given(albums(), SPREADS)
    def test_the_loudest_song_has_the_target_with_all_offsets_in(
        self, drawn: tuple[list[Measurement], tuple[SongMatchSpec, ...]], spread_lu: float | None
    ) -> None:
        songs, settings = drawn
        found = gains(spec("loudest", *settings, max_spread_lu=spread_lu), *songs)
        levels = [(each.integrated_lufs or 0.0) + gain for each, gain in zip(songs, found, strict=True)]
        counted = [i for i, each in enumerate(settings) if each.in_average] or range(len(songs))
        assert max(levels[i] for i in counted) == pytest.approx(TARGET_LUFS, abs=1e-9)

    @examples(max_examples=60, deadline=None)
    @given(albums(), st.sampled_from(["album", "loudest", "track"]), st.randoms(use_true_random=False))
    def test_the_order_of_the_songs_changes_no_gain(
        self, drawn: tuple[list[Measurement], tuple[SongMatchSpec, ...]], mode: str, random: Any
    ) -> None:
        songs, settings = drawn
        order = list(range(len(songs)))
        random.shuffle(order)
        straight = gains(spec(mode, *settings, max_spread_lu=6.0), *songs)
        shuffled = gains(spec(mode, *(settings[i] for i in order), max_spread_lu=6.0), *(songs[i] for i in order))
        assert shuffled == pytest.approx([straight[i] for i in order], abs=1e-6)

    @examples(max_examples=60, deadline=None)
    @given(albums(), st.sampled_from(["album", "loudest", "track"]), st.integers(-10, 10))
    def test_an_album_that_is_louder_as_a_whole_comes_out_the_same(
        self, drawn: tuple[list[Measurement], tuple[SongMatchSpec, ...]], mode: str, shift_db: int
    ) -> None:
        songs, settings = drawn
        shifted = [
            replace(
                each,
                integrated_lufs=(each.integrated_lufs or 0.0) + shift_db,
                max_short_term_lufs=(each.max_short_term_lufs or 0.0) + shift_db,
                block_clufs=tuple(block + 100 * shift_db for block in each.block_clufs),
            )
            for each in songs
        ]
        asked = spec(mode, *settings, max_spread_lu=6.0)
        moved = gains(asked, *shifted)
        assert moved == pytest.approx([gain - shift_db for gain in gains(asked, *songs)], abs=EXACT_LU)

    @examples(max_examples=60, deadline=None)
    @given(ALBUMS, st.sampled_from(["album", "loudest"]))
    def test_modes_that_keep_the_songs_apart_give_one_gain_to_all(self, songs: list[Measurement], mode: str) -> None:
        found = gains(spec(mode), *songs)
        assert found == pytest.approx([found[0]] * len(found))
