"""What the manifest says of a release comes into the tags of the files that it belongs to."""

from pathlib import Path

import pytest
from manifest_files import write_inputs

from farm import __version__
from farm.manifest.load import load_album
from farm.plan.build import build_plan
from farm.plan.node import Plan
from farm.plan.spec import ContinuousSpec, EncodeSpec, LimiterSpec, TagSpec

HEAD = """\
schema = 1
[album]
title = "Low Tide"
artist = ["The Example", "Zoë"]
release_date = "2026-11-24"
genre = "Ambient"
language = "eng"
phonographic = "2026 Label"
musicbrainz_artist_id = "0F1A4D0E-0000-4000-8000-000000000002"
[target]
limiter = { character = "loud" }
"""
ONE_ID = "0f1a4d0e-0000-4000-8000-000000000002"


def song(number: int, lines: str = "") -> str:
    return f'[[song]]\ntitle = "Song {number}"\nstrip = [{{ name = "kick", stem = "kick.wav" }}]\n{lines}\n'


def plan(folder: Path, *tables: str) -> Plan:
    write_inputs(folder)
    album = folder / "album.toml"
    album.write_text(HEAD + "".join(tables), encoding="utf-8")
    return build_plan(load_album(album), lambda path: path.name)


def encodes(made: Plan) -> list[EncodeSpec]:
    return [node.spec for node in made.nodes if isinstance(node.spec, EncodeSpec)]


def tags(folder: Path, *tables: str) -> list[TagSpec]:
    return [spec.tags for spec in encodes(plan(folder, *tables))]


def test_a_song_has_its_own_words_or_else_the_album_s(tmp_path: Path) -> None:
    own = 'artist = "Max"\ngenre = "Dub"\nlanguage = "zxx"\nphonographic = "2025 Other"\ncomposer = ["A", "B"]\n'
    first, second = tags(tmp_path, song(1), song(2, own))
    assert (first.artists, first.album_artists, first.genre) == (
        ("The Example", "Zoë"),
        ("The Example", "Zoë"),
        "Ambient",
    )
    assert (first.language, first.phonographic, first.date) == ("eng", "2026 Label", "2026-11-24")
    assert (second.artists, second.album_artists, second.genre) == (("Max",), ("The Example", "Zoë"), "Dub")
    assert (second.language, second.phonographic, second.composers) == ("zxx", "2025 Other", ("A", "B"))
    assert first.encoder == f"farm {__version__}"


def test_an_identifier_of_the_album_s_artist_is_not_that_of_another(tmp_path: Path) -> None:
    first, second, third = tags(
        tmp_path,
        song(1),
        song(2, 'artist = "Max"'),
        song(3, f'artist = "Eve"\nmusicbrainz_artist_id = "{ONE_ID[:-1]}9"'),
    )
    assert (first.musicbrainz_artist_id, first.musicbrainz_album_artist_id) == (ONE_ID, ONE_ID)
    assert (second.musicbrainz_artist_id, second.musicbrainz_album_artist_id) == (None, ONE_ID)
    assert third.musicbrainz_artist_id == f"{ONE_ID[:-1]}9"


def test_tracks_are_counted_anew_on_each_disc(tmp_path: Path) -> None:
    made = plan(tmp_path, song(1), song(2), song(3, "disc = 2"), song(4, "disc = 2"), song(5, "disc = 3"))
    found = [
        (each.tags.disc_number, each.tags.disc_total, each.tags.track_number, each.tags.track_total)
        for each in encodes(made)
    ]
    assert found == [(1, 3, 1, 2), (1, 3, 2, 2), (2, 3, 1, 2), (2, 3, 2, 2), (3, 3, 1, 1)]
    assert made.deliverables[0].spec.name_template == "{disc}-{number:02} {title}.{ext}"


def test_one_disc_is_not_counted_in_names_and_a_template_is_kept(tmp_path: Path) -> None:
    templates = [
        plan(tmp_path, song(1), song(2, disc), deliver).deliverables[0].spec.name_template
        for disc, deliver in (
            ("", ""),
            ("disc = 2", '[[deliver]]\nformat = "flac"\nname = "{title}.{ext}"\n'),
        )
    ]
    assert templates == ["{number:02} {title}.{ext}", "{title}.{ext}"]


def test_a_file_of_the_whole_album_says_what_its_songs_share(tmp_path: Path) -> None:
    whole = '[[deliver]]\nformat = "flac"\ncontinuous = true\n'
    songs = song(1, 'advisory = "clean"\ncomposer = "A"'), song(2, 'advisory = "explicit"\ngenre = "Dub"')
    made = plan(tmp_path, *songs, whole)
    (spec,) = [node.spec for node in made.nodes if isinstance(node.spec, ContinuousSpec)]
    found = spec.encode.tags
    assert (found.title, found.artist, found.track_number, found.track_total) == ("Low Tide", "The Example, Zoë", 1, 1)
    assert (found.genre, found.language, found.advisory, found.composers) == (None, "eng", "explicit", ())
    assert (found.isrc, found.lyrics, found.version) == (None, None, None)


@pytest.mark.parametrize(
    ("lines", "size", "folder"),
    [
        ('format = "aac"', (None, 256, None), "aac-256"),
        ('format = "mp3"\nquality = 2', (None, None, 2.0), "mp3-q2"),
        ('format = "mp3"', (None, 320, None), "mp3-320"),
        ('format = "vorbis"', (None, None, 6.0), "vorbis-q6"),
        ('format = "vorbis"\nquality = 7.5', (None, None, 7.5), "vorbis-q7.5"),
        ('format = "opus"\nbitrate_kbps = 96', (None, 96, None), "opus-96"),
        ('format = "bwf"', (24, None, None), "bwf-24"),
    ],
)
def test_a_deliverable_has_its_format_s_size(tmp_path: Path, lines: str, size: tuple[object, ...], folder: str) -> None:
    made = plan(tmp_path, song(1), f"[[deliver]]\n{lines}\n")
    (spec,) = encodes(made)
    assert (spec.bits, spec.bitrate_kbps, spec.quality) == size
    assert made.deliverables[0].folder == folder
    assert spec.limiter == (LimiterSpec(character="loud") if spec.bits is None else LimiterSpec())
