"""What a disc cannot hold by the length of its songs is told from the headers of their stems, before rendering."""

import subprocess
import sys
from pathlib import Path

import pytest

from farm.deliver.cd_forecast import check_album_lengths
from farm.deliver.wav import wav_header
from farm.errors import AudioError, ManifestError
from farm.manifest.load import load_album
from farm.plan.lengths import header_seconds

ALBUM = """\
schema = 1
album = { title = "Low Tide", artist = "The Example", upc = "0123456789012", rate_hz = 48000 }
"""
RING = "inserts = [{ type = 'reverb' }]"


def write_stem(folder: Path, seconds: float) -> str:
    """A WAV of so many seconds, most of which the disk doesn't have to hold."""
    frames, name = round(seconds * 48000), f"{seconds:g}.wav"
    with (folder / name).open("wb") as file:
        file.write(wav_header(frames=frames, rate_hz=48000, bits=16, tag_bytes=0))
        file.truncate(file.tell() + frames * 4)
    return name


def song(folder: Path, seconds: float, *, strip: str = "", more: str = "", cd: str = "", number: int = 1) -> str:
    stem = write_stem(folder, seconds)
    head = f"[[song]]\ntitle = 'Song'\nisrc = 'QZABC26{number:05}'\n{more}\n"
    return f"{head}[song.cd]\n{cd}\n[[song.strip]]\nname = 's'\nstem = '{stem}'\n{strip}\n"


def told(folder: Path, *songs: str, deliver: str = "format = 'ddp'") -> tuple[list[str], list[str]]:
    """Return the codes of errors, and of warnings, with the keys that they stand at."""
    path = folder / "album.toml"
    path.write_text(ALBUM + "".join(songs) + f"[[deliver]]\n{deliver}\n")
    try:
        return [], [f"{each.code} {each.key}" for each in check_album_lengths(load_album(path))]
    except ManifestError as error:
        return [f"{each.code} {each.key}" for each in error.diagnostics], []


def test_an_album_that_fits_has_nothing_to_tell(tmp_path: Path) -> None:
    assert told(tmp_path, song(tmp_path, 4.5, number=1), song(tmp_path, 5.0, number=2)) == ([], [])


def test_a_track_of_less_than_4_seconds_is_an_error_where_nothing_can_ring_on(tmp_path: Path) -> None:
    short = song(tmp_path, 1.0, more="gap_seconds = 0.0", number=2)
    assert told(tmp_path, song(tmp_path, 5.0), short, song(tmp_path, 5.0, number=3)) == (["cd-track-short song[1]"], [])
    assert told(tmp_path, song(tmp_path, 3.9, more="gap_seconds = 0.0"), song(tmp_path, 5.0, number=2))[0]


@pytest.mark.parametrize(
    "ringing",
    [{"strip": RING}, {"more": "[[song.bus]]\nname = 'b'\n" + RING}, {"more": "[song.master]\n" + RING}],
    ids=["strip", "bus", "master"],
)
def test_a_track_that_may_ring_on_is_a_warning(tmp_path: Path, ringing: dict[str, str]) -> None:
    more = "gap_seconds = 0.0\n" + ringing.get("more", "")
    short = song(tmp_path, 1.0, more=more, strip=ringing.get("strip", ""))
    assert told(tmp_path, short, song(tmp_path, 5.0, number=2)) == ([], ["cd-track-short song[0]"])


def test_a_bus_that_may_not_ring_on_for_long_makes_it_certain(tmp_path: Path) -> None:
    more = "gap_seconds = 0.0\ntail_seconds = 2.0\n[[song.bus]]\nname = 'b'\n" + RING
    assert told(tmp_path, song(tmp_path, 1.0, more=more), song(tmp_path, 5.0, number=2))[0]


def test_the_silence_behind_a_track_counts_with_it(tmp_path: Path) -> None:
    assert told(tmp_path, song(tmp_path, 3.0), song(tmp_path, 5.0, number=2)) == ([], ["cd-track-short song[0]"])


def test_a_song_that_is_given_an_end_is_as_long_as_that(tmp_path: Path) -> None:
    ended = song(tmp_path, 60.0, more="end = 3.0\ngap_seconds = 0.0", strip=RING)
    assert told(tmp_path, ended, song(tmp_path, 5.0, number=2)) == (["cd-track-short song[0]"], [])


def test_what_the_next_song_overlaps_is_its_own(tmp_path: Path) -> None:
    songs = [song(tmp_path, 6.0, more="overlap_seconds = 3.0"), song(tmp_path, 7.0, number=2)]
    assert told(tmp_path, *songs) == (["cd-track-short song[0]"], [])


def test_clips_and_delays_end_where_they_are_put(tmp_path: Path) -> None:
    stem = write_stem(tmp_path, 5.0)
    head = "[[song]]\ntitle = 'Song'\nisrc = 'QZABC2600001'\ngap_seconds = 0.0\n[[song.strip]]\nname = 's'\n"
    for strip, is_short in (
        (f"clips = [{{ file = '{stem}', at = 2.0, from_seconds = 4.0 }}]", True),
        (f"clips = [{{ file = '{stem}', at = 2.0, from_seconds = 4.0, length_seconds = 60.0 }}]", True),
        (f"clips = [{{ file = '{stem}', at = 4.0, from_seconds = 4.0 }}]", False),
        (f"stem = '{stem}'\ndelay_ms = -2000.0", True),
        (f"stem = '{write_stem(tmp_path, 3.0)}'\ndelay_ms = 1500.0", False),
    ):
        assert told(tmp_path, head + strip + "\n") == (["cd-track-short song[0]"] if is_short else [], [])


def test_an_index_point_behind_the_longest_end_is_an_error(tmp_path: Path) -> None:
    index = "index_seconds = [5.0]"
    assert told(tmp_path, song(tmp_path, 4.5, cd=index)) == (["cd-index song[0].cd.index_seconds"], [])
    assert told(tmp_path, song(tmp_path, 4.5, cd=index, strip=RING)) == ([], ["cd-index song[0].cd.index_seconds"])
    assert told(tmp_path, song(tmp_path, 5.5, cd=index)) == ([], [])


def test_a_disc_that_is_too_long_by_its_stems_alone_is_an_error(tmp_path: Path) -> None:
    hours = [song(tmp_path, 3010.0, number=number) for number in (1, 2)]
    assert told(tmp_path, *hours) == (["cd-too-long album"], [])
    cut = [song(tmp_path, 3010.0, number=number, more="[song.edges]\ntrim_tail_dbfs = -60.0") for number in (1, 2)]
    assert told(tmp_path, *cut) == ([], ["cd-too-long album"])
    more_than_plants_press = [song(tmp_path, 2400.0, number=number) for number in (1, 2)]
    assert told(tmp_path, *more_than_plants_press) == ([], ["cd-too-long album"])


def test_a_hidden_song_that_no_ddp_can_hold_is_an_error_of_the_ddp_alone(tmp_path: Path) -> None:
    songs = [song(tmp_path, 140.0, cd="hidden = true"), song(tmp_path, 5.0, number=2)]
    assert told(tmp_path, *songs) == (["ddp-pregap song[0].cd.hidden"], [])
    assert told(tmp_path, *songs, deliver="format = 'cd'") == ([], [])


def test_the_first_track_behind_a_hidden_song_is_meant_by_its_own_place(tmp_path: Path) -> None:
    songs = [song(tmp_path, 5.0, cd="hidden = true"), song(tmp_path, 1.0, number=2)]
    assert told(tmp_path, *songs) == (["cd-track-short song[1]"], [])


def test_only_the_songs_of_the_disc_are_judged(tmp_path: Path) -> None:
    songs = [song(tmp_path, 1.0), song(tmp_path, 5.0, more="disc = 2", number=2)]
    assert told(tmp_path, *songs, deliver="format = 'ddp'\ncd = { disc = 2 }") == ([], [])
    assert told(tmp_path, *songs)[0]


def test_two_deliverables_of_a_disc_are_told_of_once(tmp_path: Path) -> None:
    deliver = "format = 'ddp'\n[[deliver]]\nformat = 'cd'"
    assert told(tmp_path, song(tmp_path, 1.0), deliver=deliver) == (["cd-track-short song[0]"], [])


def test_a_file_that_does_not_tell_its_length_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "stem.mp3").write_bytes(b"ID3\4" + bytes(100))
    vague = "[[song]]\ntitle = 'V'\nisrc = 'QZABC2600009'\n[[song.strip]]\nname = 's'\nstem = 'stem.mp3'\n"
    assert told(tmp_path, vague, song(tmp_path, 1.0)) == ([], [])
    for name in ("stem.mp3", "gone.wav"):
        with pytest.raises(AudioError):
            header_seconds(tmp_path / name)


@pytest.mark.parametrize(
    ("ending", "subtype"), [("wav", "PCM_24"), ("wav", "PCM_U8"), ("flac", "PCM_16"), ("aiff", "PCM_24")]
)
def test_headers_tell_lengths_to_the_frame(tmp_path: Path, ending: str, subtype: str) -> None:
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / f"a.{ending}", np.zeros((12345, 2)), 44100, subtype=subtype)
    assert header_seconds(tmp_path / f"a.{ending}") == 12345 / 44100


def test_checking_a_disc_loads_nothing_heavy_and_tells_errors_as_those_of_the_manifest(tmp_path: Path) -> None:
    told(tmp_path, song(tmp_path, 1.0))
    code = (
        "import sys, atexit\n"
        "heavy = ('dask', 'scipy', 'numba', 'pedalboard', 'av', 'soundfile')\n"
        "atexit.register(lambda: print('LOADED', [m for m in heavy if m in sys.modules]))\n"
        f"sys.argv = ['farm', 'check', {str(tmp_path)!r}]\n"
        "from farm.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "track 1 (Song) is 00:01:00 long: 4 s are the least" in done.stderr
    assert "[cd-track-short]" in done.stderr
    assert "LOADED []" in done.stdout, done.stdout
