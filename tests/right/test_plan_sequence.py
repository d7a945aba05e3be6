"""Songs that follow each other without a silence are finished together, and joints are left as they are."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from manifest_files import write_inputs

from farm.manifest.load import load_album
from farm.plan.build import build_plan
from farm.plan.match_spec import MatchSpec
from farm.plan.node import Plan
from farm.plan.spec import ContinuousSpec, EdgesSpec, FinishSpec
from farm.records import digest_of

HEAD = """\
schema = 1
album = { title = "Low Tide", artist = "The Example" }
[[deliver]]
format = "flac"
[[deliver]]
format = "flac"
continuous = true
[defaults.edges]
trim_head_dbfs = -60.0
trim_tail_dbfs = -70.0
fade_out_seconds = 3.0
"""


def plan(folder: Path, songs: Sequence[str]) -> Plan:
    """Return the plan of songs, each given by the lines that it has besides title and strip."""
    write_inputs(folder)
    tables = [
        f'[[song]]\ntitle = "Song {number}"\nstrip = [{{ name = "kick", stem = "kick.wav" }}]\n{lines}\n'
        for number, lines in enumerate(songs, start=1)
    ]
    album = folder / "album.toml"
    album.write_text(HEAD + "".join(tables))
    return build_plan(load_album(album), lambda path: path.name)


def finishes(made: Plan) -> dict[str, FinishSpec]:
    return {node.id: node.spec for node in made.nodes if isinstance(node.spec, FinishSpec)}


def test_songs_are_finished_alone_unless_they_are_joined_or_overlap(tmp_path: Path) -> None:
    made = plan(
        tmp_path, ["gapless = true", "", "overlap_seconds = 1.5", "crossfade_seconds = 2", "", "gap_seconds = 0"]
    )
    assert [(song.finish, song.place) for song in made.songs] == [
        ("finish:1@48000", 0),
        ("finish:1@48000", 1),
        ("finish:3@48000", 0),
        ("finish:3@48000", 1),
        ("finish:3@48000", 2),
        ("finish:6@48000", 0),
    ]
    (match,) = [node.spec for node in made.nodes if isinstance(node.spec, MatchSpec)]
    assert [(song.run, song.joined) for song in match.songs] == [
        (1, 1),
        (1, 1),
        (3, None),
        (3, None),
        (3, None),
        (None, None),
    ]


def test_nothing_is_cut_off_and_nothing_fades_at_a_joint(tmp_path: Path) -> None:
    spec = finishes(plan(tmp_path, ["gapless = true", ""]))["finish:1@48000"]
    first, second = (take.edges for take in spec.takes)
    assert (first.trim_head_dbfs, first.trim_tail_dbfs, first.fade_out_seconds) == (-60.0, None, 0.0)
    assert (second.trim_head_dbfs, second.trim_tail_dbfs, second.fade_out_seconds) == (None, -70.0, 3.0)
    assert [take.joined for take in spec.takes] == [False, True]


def test_takes_have_the_titles_of_their_songs_for_messages_and_not_for_their_key(tmp_path: Path) -> None:
    spec = finishes(plan(tmp_path, ["gapless = true", ""]))["finish:1@48000"]
    assert [take.title for take in spec.takes] == ["Song 1", "Song 2"]
    assert digest_of(spec) == digest_of(replace(spec, takes=tuple(replace(take, title="") for take in spec.takes)))


def test_a_crossfade_is_an_overlap_with_a_fade_on_both_sides(tmp_path: Path) -> None:
    spec = finishes(plan(tmp_path, ['crossfade_seconds = 4\ncrossfade_shape = "linear"', ""]))["finish:1@48000"]
    first, second = spec.takes
    assert (first.edges.fade_out_seconds, first.edges.fade_out_shape) == (4.0, "linear")
    assert (second.edges.fade_in_seconds, second.edges.fade_in_shape) == (4.0, "linear")
    assert second.overlap_seconds == 4.0
    assert not second.joined


def test_a_song_takes_the_edges_of_the_defaults_but_for_its_own(tmp_path: Path) -> None:
    spec = finishes(plan(tmp_path, ["edges = { trim_tail_dbfs = -50, fade_in_seconds = 0.1 }"]))["finish:1@48000"]
    assert spec.takes[0].edges == EdgesSpec(
        trim_head_dbfs=-60.0,
        trim_tail_dbfs=-50.0,
        tail_seconds=0.5,
        fade_in_seconds=0.1,
        fade_out_seconds=3.0,
        fade_in_shape="smooth",
        fade_out_shape="smooth",
    )


def test_the_continuous_file_has_silence_between_runs_only(tmp_path: Path) -> None:
    made = plan(tmp_path, ["gap_seconds = 1", "gapless = true", "gap_seconds = 0.5", ""])
    (spec,) = [node.spec for node in made.nodes if isinstance(node.spec, ContinuousSpec)]
    assert spec.gaps_frames == (48_000, 0, 24_000, 0)
    assert spec.encode.tags.title == "Low Tide"
    assert [(each.folder, each.whole) for each in made.deliverables] == [
        ("flac-24", None),
        ("flac-24-continuous", "continuous"),
    ]
