"""`farm measure` as a person uses it, and the page about it."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import Farm

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "measuring.md"


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """The example of the page: 1 kHz for 8 s, the right channel 6 dB lower, between half seconds of silence."""
    t = np.arange(8 * 48_000) / 48_000
    wave = 0.2 * np.sin(2.0 * np.pi * 1_000.0 * t)[:, None] * [1.0, 0.5]
    silence = np.zeros((24_000, 2))
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.concatenate([silence, wave, silence]), 48_000, subtype="PCM_24")
    return path


def test_the_page_shows_what_the_command_prints(farm: Farm, tone: Path) -> None:
    """But for the spectrum, which comes last."""
    shown = dict(re.findall(r"^\$ farm measure tone\.wav(.*)\n((?:(?!```|\$).*\n)+)", PAGE.read_text("utf-8"), re.M))
    assert set(shown) == {"", " --all"}
    for options, answer in shown.items():
        printed = farm("measure", tone, *options.split()).out.replace(f"{tone.parent}/", "")
        assert printed.partition("  spectrum")[0] == answer


def test_the_page_explains_every_key(farm: Farm, tone: Path) -> None:
    (document,) = farm("measure", tone, "--json").json
    explained = set(re.findall(r"`(\w+)`", PAGE.read_text("utf-8")))
    assert set(document) <= explained


def test_bad_files_are_named_in_order_and_the_good_one_is_measured(farm: Farm, tone: Path) -> None:
    paths = []
    for number in range(5):
        paths.append(tone.with_name(f"{number}.wav"))
        paths[-1].write_bytes(tone.read_bytes()[: 44 + 288_000 * (number + 1)])
    paths.insert(3, tone)
    ran = farm("measure", *paths, "--json", "--workers", 3)
    assert ran.code == 1, "all but the whole one are cut short"
    assert [Path(each["file"]).name for each in ran.json] == ["tone.wav"]
    assert [line.partition(":")[0] for line in ran.err.splitlines() if "audio-truncated" in line] == [
        str(path) for path in paths if path != tone
    ]


def test_pictures_are_drawn_for_every_file_even_of_one_name(farm: Farm, tone: Path) -> None:
    silent = tone.parent / "other" / "tone.wav"
    silent.parent.mkdir()
    soundfile.write(silent, np.zeros((4_800, 1)), 48_000)
    ran = farm("measure", tone, silent, "--plot", tone.parent / "pictures")
    assert ran.code == 0, ran.err
    pictures = sorted((tone.parent / "pictures").iterdir())
    assert [path.name for path in pictures] == ["tone.wav 2.svg", "tone.wav.svg"]
    for path in pictures:
        texts = [each.text for each in ElementTree.parse(path).iter() if each.tag.endswith("text")]
        assert "Loudness in LUFS" in texts
        assert not {"nan", "inf", "-inf"} & set(re.findall(r"-?\b(?:nan|inf)\b", path.read_text("utf-8")))


def test_a_folder_that_cannot_be_drawn_into_is_named(farm: Farm, tone: Path) -> None:
    ran = farm("measure", tone, "--plot", tone)
    assert ran.code == 2
    assert "plot-unwritable" in ran.err
    assert str(tone) in ran.err
    assert "Traceback" not in ran.err
