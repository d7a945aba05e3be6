"""Discs are laid out as the Red Book has it: nothing is lost, marks lie on CD frames, impossible discs are refused."""

import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.deliver.cd_layout import CdLayout, build_layout, check_layout, find_layout_problems, format_msf
from farm.errors import DeliveryError
from farm.plan.cd import CdSongSpec, CdSpec, seconds_to_cd_frames

SECOND = 44100
CD_FRAME = 588


def disc(*songs: CdSongSpec, **options: object) -> CdSpec:
    return dataclasses.replace(CdSpec("Low Tide", "The Example", songs), **options)


def song(title: str = "Undertow", **options: object) -> CdSongSpec:
    return dataclasses.replace(CdSongSpec(title, "The Example"), **options)


def laid_out(songs: Sequence[CdSongSpec], seconds: Sequence[float], **options: object) -> CdLayout:
    return build_layout(disc(*songs, **options), [round(each * SECOND) for each in seconds])


LENGTHS = st.lists(st.integers(5 * SECOND, 30 * SECOND), min_size=1, max_size=12)


@st.composite
def discs(draw: st.DrawFn) -> tuple[CdSpec, list[int]]:
    lengths = draw(LENGTHS)
    songs = [
        song(f"song {number}", gap_cd_frames=draw(st.integers(0, 400)), joined=draw(st.booleans()))
        for number in range(len(lengths))
    ]
    if len(songs) > 1 and draw(st.booleans()):
        songs[0] = dataclasses.replace(songs[0], hidden=True)
    options = {
        "first_pregap_cd_frames": draw(st.integers(150, 300)),
        "end_gap_cd_frames": draw(st.integers(0, 300)),
    }
    return disc(*songs, **options), lengths


@given(discs())
def test_every_sample_is_there_once_and_the_rest_is_silence(drawn: tuple[CdSpec, list[int]]) -> None:
    spec, lengths = drawn
    layout = build_layout(spec, lengths)
    at = layout.leading_frames
    for place, frames in zip(layout.songs, lengths, strict=True):
        assert (place.start_frame, place.frames) == (at, frames)
        at += frames + place.silence_frames
    assert at == layout.lead_out_cd_frame * CD_FRAME


@given(discs())
def test_marks_ascend_and_tracks_fill_the_disc(drawn: tuple[CdSpec, list[int]]) -> None:
    layout = build_layout(*drawn)
    assert layout.tracks[0].pregap_cd_frame == 0
    at = 0
    for track in layout.tracks:
        assert at == (track.start_cd_frame if track.pregap_cd_frame is None else track.pregap_cd_frame)
        assert track.start_cd_frame < track.end_cd_frame
        assert track.pregap_cd_frame is None or track.pregap_cd_frame < track.start_cd_frame
        at = track.end_cd_frame
    assert at == layout.lead_out_cd_frame
    assert sum(t.pregap_cd_frames + t.length_cd_frames for t in layout.tracks) == layout.lead_out_cd_frame
    assert not [problem for problem in find_layout_problems(layout) if problem.severity == "error"]


@given(discs())
def test_a_player_that_goes_to_a_track_misses_nothing_of_it(drawn: tuple[CdSpec, list[int]]) -> None:
    spec, lengths = drawn
    layout = build_layout(spec, lengths)
    audible = [(each, place) for each, place in zip(spec.songs, layout.songs, strict=True) if not each.hidden]
    for track, (_, place) in zip(layout.tracks, audible, strict=True):
        assert 0 <= place.start_frame - track.start_cd_frame * CD_FRAME < CD_FRAME


@given(discs())
def test_joined_songs_follow_sample_by_sample_and_others_after_their_gap(drawn: tuple[CdSpec, list[int]]) -> None:
    spec, lengths = drawn
    layout = build_layout(spec, lengths)
    for each, place in zip(spec.songs[:-1], layout.songs, strict=False):
        gap = 0 if each.joined else each.gap_cd_frames * CD_FRAME
        assert gap <= place.silence_frames < gap + CD_FRAME
        assert not each.joined or place.silence_frames == 0


def test_a_disc_by_hand() -> None:
    """10 s + 1 sample of song, 2 s of gap, 5 s: index 00 on the next border, index 01 after 150 CD frames."""
    layout = build_layout(disc(song(), song()), [10 * SECOND + 1, 5 * SECOND])
    first, second = layout.tracks
    assert (first.pregap_cd_frame, first.indexes, first.end_cd_frame) == (0, (150,), 901)
    assert (second.pregap_cd_frame, second.indexes, second.end_cd_frame) == (901, (1051,), 1426)
    assert layout.lead_out_cd_frame == 1426


def test_the_mark_of_a_joined_song_moves_to_the_border_before_it() -> None:
    layout = build_layout(disc(song(joined=True), song()), [10 * SECOND + 587, 10 * SECOND])
    assert layout.tracks[0].end_cd_frame == layout.tracks[1].start_cd_frame == 900
    assert layout.tracks[1].pregap_cd_frame is None
    assert layout.lead_out_cd_frame == 1651


def test_a_hidden_song_lies_in_the_pregap_of_track_1_behind_the_first_pause() -> None:
    layout = laid_out([song("Hidden", hidden=True), song()], [20.0, 10.0])
    assert [track.song.title for track in layout.tracks] == ["Undertow"]
    assert (layout.tracks[0].pregap_cd_frame, layout.tracks[0].start_cd_frame) == (0, 150 + 1500 + 150)
    assert layout.songs[0].start_frame == 150 * CD_FRAME


def test_index_points_lie_on_the_border_before_them() -> None:
    layout = laid_out([song(index_frames=(5 * SECOND, 7 * SECOND + 100))], [10.0])
    assert layout.tracks[0].indexes == (150, 150 + 375, 150 + 525)


def test_an_index_point_behind_the_song_is_refused() -> None:
    with pytest.raises(DeliveryError) as caught:
        check_layout(laid_out([song(index_frames=(11 * SECOND,)), song()], [10.0, 10.0]))
    assert caught.value.code == "cd-index"


@pytest.mark.parametrize(
    ("songs", "seconds", "options", "code"),
    [
        ([song()] * 100, [5.0] * 100, {}, "cd-tracks"),
        ([song(hidden=True)], [5.0], {}, "cd-tracks"),
        ([song()], [5.0], {"first_pregap_cd_frames": 149}, "cd-pregap"),
        ([song(hidden=True), song()], [5.0, 5.0], {"first_pregap_cd_frames": 0}, "cd-pregap"),
        ([song(gap_cd_frames=0), song()], [299 / 75, 5.0], {}, "cd-track-short"),
        ([song()], [299 / 75], {}, "cd-track-short"),
        ([song()] * 2, [3000.0, 3000.0], {}, "cd-too-long"),
    ],
)
def test_what_no_disc_can_hold_is_refused(
    songs: list[CdSongSpec], seconds: list[float], options: dict[str, object], code: str
) -> None:
    with pytest.raises(DeliveryError) as caught:
        check_layout(laid_out(songs, seconds, **options))
    assert caught.value.code == code
    assert caught.value.hint


def test_all_errors_are_told_at_once() -> None:
    with pytest.raises(DeliveryError, match=r"track 1 .* track 2 "):
        check_layout(laid_out([song(gap_cd_frames=0), song()], [2.0, 2.0]))


def test_the_limits_themselves_are_no_errors() -> None:
    assert not check_layout(laid_out([song(gap_cd_frames=0), song()], [4.0, 4.0]))
    assert not check_layout(laid_out([song()], [79 * 60 + 57 - 2.0]))
    at_the_end = build_layout(disc(song()), [(449_999 - 150) * CD_FRAME])
    assert format_msf(at_the_end.lead_out_cd_frame) == "99:59:74"
    assert [problem.severity for problem in check_layout(at_the_end)] == ["warning"]


def test_a_track_that_lasts_4_s_with_its_pause_only_is_a_warning() -> None:
    warnings = check_layout(laid_out([song("Skit"), song()], [3.0, 5.0]))
    assert [(warning.code, "Skit" in warning.message) for warning in warnings] == [("cd-track-short", True)]


@given(st.integers(0, 449_999))
def test_times_are_written_as_minutes_seconds_and_frames(cd_frames: int) -> None:
    minutes, seconds, rest = (int(part) for part in format_msf(cd_frames).split(":"))
    assert (minutes * 60 + seconds) * 75 + rest == cd_frames
    assert seconds < 60
    assert rest < 75
    assert len(format_msf(cd_frames)) == 8


def test_seconds_become_the_nearest_cd_frames() -> None:
    assert [seconds_to_cd_frames(each) for each in (0.0, 2.0, 1.3333, 0.006, 0.007)] == [0, 150, 100, 0, 1]
