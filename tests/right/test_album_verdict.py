"""The verdict on a song: each thing that can be wrong is found, said why, and nothing else is."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farm.album.judged import (
    CurveFacts,
    DecodedFile,
    EdgeFacts,
    Finding,
    JudgedSong,
    LimiterFacts,
    RangeFacts,
    StereoFacts,
    worst_status,
)
from farm.album.verdict import judge_song
from farm.records import Measurement
from farm.report.verdict import verdict_document, verdict_text


def measured(lufs: float | None = -14.0, peak_dbtp: float | None = -1.1, **more: Any) -> Measurement:
    """A song of 10 s, evenly loud."""
    facts: dict[str, Any] = {
        "duration_seconds": 10.0,
        "integrated_lufs": lufs,
        "loudness_range_lu": 6.0,
        "max_momentary_lufs": lufs,
        "max_short_term_lufs": lufs,
        "true_peak_dbtp": peak_dbtp,
        "sample_peak_dbfs": peak_dbtp,
        "block_clufs": () if lufs is None else (round(100 * lufs),) * 97,
    }
    return Measurement(**{**facts, **more})


SILENCE = measured(None, None, max_short_term_lufs=None, loudness_range_lu=None)
WELL = JudgedSong(
    master=measured(-18.0, -4.0),
    finished=measured(),
    goal_lufs=-14.0,
    ceiling_dbtp=-1.0,
    limiter=LimiterFacts(gain_db=4.2, max_reduction_db=2.13),
)


def judged(**changes: Any) -> JudgedSong:
    return replace(WELL, **changes)


def wrong(song: JudgedSong) -> list[Finding]:
    return [finding for finding in judge_song(song) if finding.status != "ok"]


def the_only(song: JudgedSong) -> Finding:
    (finding,) = wrong(song)
    return finding


def test_a_song_that_is_as_asked_has_one_line() -> None:
    findings = judge_song(WELL)
    assert worst_status(findings) == "ok"
    assert verdict_text(findings) == ["-14.0 LUFS, -1.1 dBTP, limiter 2.1 dB at most"]


class TestLoudness:
    def test_a_limiter_in_the_way_is_named_with_what_it_would_have_had_to_take_off(self) -> None:
        loud = judged(goal_lufs=-9.0, finished=measured(-9.8, -1.05), limiter=LimiterFacts(14.0, 8.3))
        assert the_only(loud) == Finding(
            "loudness",
            "missed",
            -9.0,
            -9.8,
            "LUFS",
            "the limiter would have had to take off more than 9.1 dB; at -1.0 dBTP it reaches -9.8 LUFS",
        )
        assert verdict_text(judge_song(loud))[1] == (
            "missed: loudness: -9.0 LUFS asked, -9.8 LUFS reached: the limiter would have had to take off more than "
            "9.1 dB; at -1.0 dBTP it reaches -9.8 LUFS"
        )

    def test_a_song_that_no_gain_brings_there_says_how_much_was_applied(self) -> None:
        faint = judged(finished=measured(-36.0, -20.0), limiter=LimiterFacts(24.0, 0.0))
        assert the_only(faint).why == "24.0 dB of gain is the most that is applied"

    def test_a_song_most_of_which_is_too_quiet_to_count_says_so(self) -> None:
        """24 of 97 blocks are loud, the others lie 40 LU below them."""
        fading = measured(-15.0, block_clufs=(-1500,) * 24 + (-5500,) * 73)
        why = the_only(judged(finished=fading)).why
        assert why
        assert why.endswith("; all but 25% of it is too quiet to count")

    @pytest.mark.parametrize(
        ("joined", "why"),
        [
            (True, "finished together with the songs that it is joined to: they share one gain"),
            (False, "overlaps with other songs: they sound in its file, and one limiter goes through all of them"),
        ],
    )
    @pytest.mark.parametrize("limiter", [LimiterFacts(4.0, 0.0), LimiterFacts(24.0, 8.0)])
    def test_a_run_that_is_as_loud_as_asked_is_why_its_songs_are_not(
        self, joined: bool, why: str, limiter: LimiterFacts
    ) -> None:
        """Whatever the limiter did: it is the run's, and the run reached its loudness."""
        for lufs in (-14.5, -13.5):
            found = the_only(judged(finished=measured(lufs), in_run=True, joined=joined, limiter=limiter))
            assert (found.status, found.why) == ("warn", why)

    def test_a_run_that_is_not_as_loud_as_asked_blames_its_limiter(self) -> None:
        found = the_only(judged(finished=measured(-14.5), in_run=True, run_reached=False))
        assert found.status == "missed"
        assert found.why == (
            "the limiter would have had to take off more than 2.6 dB; at -1.0 dBTP it reaches -14.5 LUFS"
        )

    @pytest.mark.parametrize("gain_db", [24.0, 23.93])
    def test_a_song_at_the_most_gain_is_short_of_gain_though_it_is_limited_too(self, gain_db: float) -> None:
        """What overshot the ceiling was taken off again, 0.07 dB of it."""
        faint = judged(finished=measured(-19.0, -1.1), limiter=LimiterFacts(gain_db, 6.0))
        assert the_only(faint).why == "24.0 dB of gain is the most that is applied"

    def test_a_song_that_nothing_holds_back_says_by_how_much_it_is_softer(self) -> None:
        assert the_only(judged(finished=measured(-14.3), limiter=LimiterFacts(4.0, 0.0))).why == (
            "0.3 LU softer than asked"
        )

    def test_a_tenth_is_near_enough_and_more_is_not(self) -> None:
        assert wrong(judged(finished=measured(-14.09))) == []
        assert the_only(judged(finished=measured(-14.12))).aspect == "loudness"

    def test_a_song_that_is_too_loud_is_missed_too(self) -> None:
        assert the_only(judged(finished=measured(-13.5))).why == "0.5 LU louder than asked"

    @pytest.mark.parametrize(
        ("finished", "why"),
        [
            (SILENCE, "silence: has no loudness"),
            (replace(SILENCE, duration_seconds=0.2, sample_peak_dbfs=-6.0), "shorter than 400 ms: has no loudness"),
            (replace(SILENCE, sample_peak_dbfs=-80.0), "nowhere louder than -70 LUFS: has no loudness"),
            (measured(max_short_term_lufs=None), "shorter than 3 s: has no short-term loudness"),
        ],
    )
    def test_a_song_without_loudness_is_told_apart(self, finished: Measurement, why: str) -> None:
        found = the_only(judged(goal_lufs=None, finished=finished))
        assert (found.aspect, found.status, found.why) == ("loudness", "warn", why)

    def test_a_level_that_nobody_asked_to_change_is_well(self) -> None:
        assert wrong(judged(goal_lufs=None, level_asked=False)) == []

    def test_silence_is_told_even_where_no_level_is_asked_for(self) -> None:
        assert the_only(judged(goal_lufs=None, level_asked=False, finished=SILENCE)).why == "silence: has no loudness"

    @settings(deadline=None)
    @given(st.floats(-30.0, -6.0), st.floats(-3.0, 3.0), st.floats(0.05, 1.0))
    def test_it_is_missed_beyond_the_tolerance_and_only_there(self, goal: float, off: float, tolerance: float) -> None:
        song = judged(goal_lufs=goal, finished=measured(goal + off), tolerance_lu=tolerance)
        missed = [each.aspect for each in wrong(song)] == ["loudness"]
        assert missed == (abs((goal + off) - goal) > tolerance)


class TestShortTerm:
    def test_where_loudness_means_the_loudest_three_seconds_those_are_judged(self) -> None:
        """A song 2 LU below by the whole of it has just what was asked for, and one 0.5 LU below has not."""
        well = judged(measure="short-term", finished=measured(-16.0, max_short_term_lufs=-14.0))
        assert wrong(well) == []
        found = the_only(judged(measure="short-term", finished=measured(-14.0, max_short_term_lufs=-14.5)))
        assert (found.aspect, found.status, found.reached, found.subject) == ("loudness", "missed", -14.5, "short-term")

    def test_a_lossy_file_of_such_a_song_is_judged_by_the_song(self) -> None:
        file = DecodedFile("mp3-320", -1.0, -16.05, -1.2)
        finished = measured(-16.0, max_short_term_lufs=-14.0)
        assert wrong(judged(measure="short-term", finished=finished, decoded=(file,))) == []

    def test_what_is_too_loud_for_three_seconds_is_missed(self) -> None:
        found = the_only(judged(max_short_term_lufs=-10.0, finished=measured(max_short_term_lufs=-8.5)))
        assert (found.aspect, found.asked, found.reached) == ("short-term", -10.0, -8.5)
        assert found.why == "its loudest 3 s lie 5.5 LU above its loudness"

    def test_a_song_that_was_lowered_for_its_own_says_so(self) -> None:
        held = judged(unheld_lufs=-12.0, max_short_term_lufs=-9.0, master=measured(-18.0, max_short_term_lufs=-13.0))
        found = the_only(held)
        assert (found.status, found.asked, found.reached) == ("warn", -12.0, -14.0)
        assert found.why == "lowered by 2.0 dB: its loudest 3 s would be above -9.0 LUFS"

    def test_a_song_that_was_lowered_with_the_album_says_so(self) -> None:
        found = the_only(judged(unheld_lufs=-12.0, max_short_term_lufs=-9.0))
        assert found.why == "lowered by 2.0 dB with all others: another song's loudest 3 s would be too loud"


class TestPeaks:
    def test_a_peak_above_the_ceiling_is_missed(self) -> None:
        found = the_only(judged(finished=measured(peak_dbtp=-0.93)))
        assert (found.aspect, found.status, found.why) == ("ceiling", "missed", "0.07 dB over")

    @pytest.mark.parametrize(("fails", "status"), [(False, "warn"), (True, "missed")])
    def test_more_limiting_than_allowed_warns_or_fails_and_says_what_gain_it_took(
        self, fails: bool, status: str
    ) -> None:
        found = the_only(judged(max_reduction_db=2.0, over_reduction_fails=fails))
        assert (found.aspect, found.status, found.asked, found.reached) == ("limiting", status, 2.0, 2.13)
        assert found.why == "its loudness takes +4.2 dB in front of the limiter"

    def test_more_limiting_than_allowed_in_a_run_is_that_of_the_run(self) -> None:
        found = the_only(judged(max_reduction_db=2.0, in_run=True))
        assert found.why == "limited together with the songs that it runs into"

    def test_soft_clipping_is_told(self) -> None:
        clipped = [each for each in judge_song(judged(limiter=LimiterFacts(4.0, 1.0, 0.5, 0.8))) if each.subject]
        assert clipped == [Finding("limiting", "ok", None, 0.8, "dB", None, "soft clip")]


class TestMatching:
    def curve(self, **changes: Any) -> CurveFacts:
        flat = (0.0,) * 30
        return replace(CurveFacts(flat, flat, 3.0, 1.0), **changes)

    def test_a_curve_that_came_nearer_is_well(self) -> None:
        assert wrong(judged(tone=self.curve(), width=self.curve())) == []

    def test_a_bound_that_bites_is_named_with_its_band(self) -> None:
        asked = (0.0,) * 4 + (5.2,) + (0.0,) * 25
        applied = (0.0,) * 4 + (3.0,) + (0.0,) * 25
        found = the_only(judged(tone=self.curve(asked_db=asked, applied_db=applied)))
        assert (found.aspect, found.asked, found.reached) == ("tone", 3.0, 1.0)
        assert found.why == "at 63 Hz +5.2 dB would have been needed, +3.0 dB was allowed"

    def test_a_curve_that_led_away_is_warned_of(self) -> None:
        found = the_only(judged(width=self.curve(distance_after_db=3.5)))
        assert (found.aspect, found.why) == ("width", "it is farther from what is aimed at than before, by 0.5 dB")

    @pytest.mark.parametrize(("reached", "well"), [(6.4, True), (8.0, False), (5.6, True), (5.0, False)])
    def test_a_loudness_range_is_as_asked_within_half_a_unit_or_a_tenth(self, reached: float, well: bool) -> None:
        song = judged(dynamics=RangeFacts(6.0, 1.0, 3.0), finished=measured(loudness_range_lu=reached))
        assert [each.aspect for each in wrong(song)] == ([] if well else ["dynamics"])

    @pytest.mark.parametrize(
        ("before", "facts", "reached", "why"),
        [
            (20.0, RangeFacts(6.0, 0.5, 24.0), 10.0, ", and 0.5 times that is the least that it is led to"),
            (4.0, RangeFacts(9.0, 1.5, 24.0), 6.0, ", and 1.5 times that is the most that it is led to"),
            (12.0, RangeFacts(7.2, 0.6, 3.0), 9.0, ": that takes a ride of 4.8 dB, and 3.0 dB is the most"),
            (6.0, RangeFacts(7.8, 1.3, 3.0), 6.5, ": the limiter took up to 2.1 dB off its loud parts"),
            (10.0, RangeFacts(8.0, 0.8, 3.0), 9.2, ""),
        ],
    )
    def test_a_loudness_range_that_is_not_as_asked_names_the_bound_or_the_limiter(
        self, before: float, facts: RangeFacts, reached: float, why: str
    ) -> None:
        ranged = measured(-18.0, -4.0, loudness_range_lu=before)
        found = the_only(judged(master=ranged, dynamics=facts, finished=measured(loudness_range_lu=reached)))
        assert (found.asked, found.reached) == (facts.asked_lu, reached)
        assert found.why == f"its range was {before:.1f} LU before{why}"

    @pytest.mark.parametrize(
        ("stereo", "aspects", "why"),
        [
            (StereoFacts(1.0, None), ["width"], "mono: left alone"),
            (StereoFacts(None, 0.0), ["width", "stereo"], "one channel is silent: left alone"),
        ],
    )
    def test_a_width_that_cannot_be_matched_is_told(self, stereo: StereoFacts, aspects: list[str], why: str) -> None:
        found = wrong(judged(has_no_side=True, stereo=stereo))
        assert [each.aspect for each in found] == aspects
        assert found[0].why == why


class TestCodec:
    FILE = DecodedFile("mp3-320", -1.0, -14.05, -1.2)

    def test_a_file_that_decodes_as_asked_is_well(self) -> None:
        assert wrong(judged(decoded=(self.FILE,))) == []

    def test_a_file_that_decodes_softer_is_missed(self) -> None:
        found = the_only(judged(decoded=(replace(self.FILE, integrated_lufs=-14.4),)))
        assert (found.aspect, found.status, found.subject) == ("codec", "missed", "mp3-320")
        assert found.why == "the file decodes to 0.4 LU less"

    def test_a_file_of_a_song_that_missed_its_goal_is_judged_by_the_song(self) -> None:
        song = judged(goal_lufs=-12.0, decoded=(self.FILE,))
        assert [each.aspect for each in wrong(song)] == ["loudness"]

    def test_a_file_that_decodes_above_its_ceiling_is_missed(self) -> None:
        assert the_only(judged(decoded=(replace(self.FILE, true_peak_dbtp=-0.8),))).unit == "dBTP"

    def test_much_that_was_taken_off_for_the_codec_is_told(self) -> None:
        found = the_only(judged(decoded=(replace(self.FILE, backed_off_db=2.4),)))
        assert (found.status, found.reached, found.unit) == ("warn", 2.4, "dB")

    def test_a_song_whose_level_was_left_alone_is_judged_by_ceilings_only(self) -> None:
        far = replace(self.FILE, integrated_lufs=-30.0)
        assert wrong(judged(goal_lufs=None, level_asked=False, decoded=(far,))) == []


class TestSound:
    @pytest.mark.parametrize(
        ("edges", "subject", "unit"),
        [
            (EdgeFacts(head_silence_seconds=1.5), "head", "s"),
            (EdgeFacts(tail_silence_seconds=8.0), "tail", "s"),
            (EdgeFacts(head_click_dbfs=-20.0), "head", "dBFS"),
            (EdgeFacts(tail_click_dbfs=-20.0), "tail", "dBFS"),
        ],
    )
    def test_silence_and_clicks_at_an_end_are_warned_of_unless_a_song_goes_on_there(
        self, edges: EdgeFacts, subject: str, unit: str
    ) -> None:
        found = the_only(judged(edges=edges))
        assert (found.aspect, found.status, found.subject, found.unit) == ("edges", "warn", subject, unit)
        assert wrong(judged(edges=replace(edges, head_open=True, tail_open=True))) == []

    def test_silence_from_end_to_end_has_no_edges(self) -> None:
        silent = EdgeFacts(head_silence_seconds=10.0, tail_silence_seconds=10.0)
        found = the_only(judged(goal_lufs=None, finished=SILENCE, edges=silent))
        assert found.why == "silence: has no loudness"

    def test_a_silent_channel_is_told_from_mono(self) -> None:
        assert the_only(judged(stereo=StereoFacts(None, 0.0))).why == "one channel is silent"
        assert wrong(judged(stereo=StereoFacts(1.0, -90.0))) == []

    def test_channels_out_of_phase_are_warned_of(self) -> None:
        assert the_only(judged(stereo=StereoFacts(-0.4, 3.0))).reached == -0.4

    def test_an_offset_of_a_channel_is_warned_of_in_dbfs(self) -> None:
        found = the_only(judged(stereo=StereoFacts(0.9, -10.0, (0.0005, -0.01))))
        assert (found.aspect, found.subject, found.reached) == ("dc", "channel 2", pytest.approx(-40.0))


class TestWords:
    def test_silence_has_no_figures(self) -> None:
        quiet = judged(goal_lufs=None, finished=SILENCE, limiter=LimiterFacts(0.0, 0.0))
        assert verdict_text(judge_song(quiet)) == ["no sound", "warn: loudness: silence: has no loudness"]

    def test_the_subject_stands_beside_the_aspect(self) -> None:
        lines = verdict_text(judge_song(judged(edges=EdgeFacts(head_click_dbfs=-20.0))))
        assert lines[1] == "warn: edges (head): -20.0 dBFS found: it begins in the middle of a wave: fade it in"

    def test_a_limit_is_not_called_asked(self) -> None:
        hot = judged(
            edges=EdgeFacts(head_silence_seconds=1.5),
            stereo=StereoFacts(-0.4, 3.0, (0.1, 0.0)),
            decoded=(DecodedFile("mp3-320", -1.0, -14.0, -0.8, 2.4),),
            max_short_term_lufs=-10.0,
            finished=measured(max_short_term_lufs=-8.5),
        )
        lines = verdict_text(judge_song(hot))
        assert [line.partition(": ")[2].rpartition(": ")[0] for line in lines[1:]] == [
            "short-term: -10.0 LUFS at most, -8.5 LUFS found",
            "codec (mp3-320): -1.0 dBTP at most, -0.8 dBTP found",
            "codec (mp3-320): 1.0 dB at most, 2.4 dB taken off",
            "edges (head): 1.0 s at most, 1.5 s found",
            "stereo (correlation): -0.2 at least, -0.4 found: the channels are out of phase",
            "dc (channel 1): -60.0 dBFS at most, -20.0 dBFS found: it costs headroom and clicks at the edges",
        ]

    def test_the_document_holds_the_numbers(self) -> None:
        document = json.loads(json.dumps(verdict_document(judge_song(judged(finished=measured(-13.50004))))))
        assert document[0] == {
            "aspect": "loudness",
            "status": "missed",
            "asked": -14.0,
            "reached": -13.5,
            "unit": "LUFS",
            "why": "0.5 LU louder than asked",
            "subject": None,
        }

    def test_the_worst_finding_is_the_songs_status(self) -> None:
        warned, missed = judged(max_reduction_db=1.0), judged(max_reduction_db=1.0, finished=measured(-10.0))
        assert worst_status(judge_song(warned)) == "warn"
        assert worst_status(judge_song(missed)) == "missed"
