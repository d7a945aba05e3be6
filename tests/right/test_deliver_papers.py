"""What lies at the root of a delivery: a sheet for spreadsheets and distributors, a description for catalogues."""

import csv
import dataclasses
import io
import json
from typing import Any

import pytest
from delivered_songs import FIRST, SECOND, document
from hypothesis import given
from hypothesis import strategies as st

from farm.deliver.delivery_document import DeliveryDocument, PlacedSong
from farm.deliver.metadata_sheet import build_metadata_sheet
from farm.deliver.papers import album_papers
from farm.deliver.release_description import build_release_description


def rows(of: DeliveryDocument, folder: str = "flac-24") -> list[dict[str, str]]:
    text = build_metadata_sheet(of, folder).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_song_has_a_row_with_all_that_is_known_of_it() -> None:
    first, second = rows(document())
    assert first == {
        "UPC": "0123456789012",
        "Release title": 'Low "Tide", Vol. 1',
        "Release artist": "The Example; Zoë",
        "Label": "Label",
        "Catalogue number": "CAT-001",
        "Release date": "2026-11-24",
        "C line": "2026 Label",
        "Disc": "1",
        "Track": "1",
        "ISRC": "QZABC2600001",
        "Title": "海 🌊",
        "Version": "live",
        "Artist": "The Example",
        "Composer": "A. Composer; B. Composer",
        "Lyricist": "C. Lyricist",
        "P line": "2026 Sub",
        "Genre": "Ambient",
        "Language": "eng",
        "Explicit": "yes",
        "Duration": "00:03:05",
        "File": "flac-24/01 海.flac",
        "SHA-256": "ab" * 32,
    }
    assert (second["Title"], second["ISRC"], second["Explicit"]) == ("Plain", "", "no")


def test_the_sheet_begins_with_the_mark_by_which_spreadsheets_know_utf_8() -> None:
    sheet = build_metadata_sheet(document(), "flac-24")
    assert sheet.startswith(b"\xef\xbb\xbfUPC,")
    assert sheet.count(b"\r\n") == 3


FORMULAS = ['=HYPERLINK("x")', "@SUM(A1)", "=cmd|' /C calc'!A0", "-2+3+cmd|x", "+Sheet1!$A$1", "\t=NOW()", "＝NOW()"]  # noqa: RUF001


@pytest.mark.parametrize("title", FORMULAS)
def test_no_text_is_a_formula_that_runs_something(title: str) -> None:
    (row,) = rows(document(dataclasses.replace(FIRST, title=title)))
    assert row["Title"] == "'" + title


@pytest.mark.parametrize("title", ["+1", "-1", "- - -", "@home", "=", "+44 (live)", "-Hello!", "−5", "(=)", "A=NOW()"])  # noqa: RUF001
def test_titles_with_signs_stay_as_they_are(title: str) -> None:
    (row,) = rows(document(dataclasses.replace(FIRST, title=title)))
    assert row["Title"] == title


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
        lambda t: t[0].isalnum()
    )
)
def test_any_text_is_read_back_as_it_was(title: str) -> None:
    (row,) = rows(document(dataclasses.replace(FIRST, title=title)))
    assert row["Title"] == title


def described(of: DeliveryDocument) -> Any:
    return json.loads(build_release_description(of))


def test_the_description_speaks_the_words_of_schema_org() -> None:
    album = described(document())
    assert (album["@context"], album["@type"]) == ("https://schema.org", "MusicAlbum")
    assert album["numTracks"] == len(album["track"]) == 2
    assert album["albumRelease"]["catalogNumber"] == "CAT-001"
    assert album["albumRelease"]["identifier"]["value"] == "0123456789012"
    first = album["track"][0]
    assert first["name"] == "海 🌊 (live)"
    assert (first["isrcCode"], first["duration"], first["isFamilyFriendly"]) == ("QZABC2600001", "PT3M5S", False)
    assert [each["name"] for each in first["recordingOf"]["composer"]] == ["A. Composer", "B. Composer"]


def test_what_is_not_known_is_not_described() -> None:
    plain = described(document(SECOND))["track"][0]
    assert set(plain) == {"@type", "position", "name", "byArtist", "duration"}


def test_the_sheet_names_the_lossless_files_of_single_songs() -> None:
    plain = document()
    lossy = dataclasses.replace(plain, deliverable=dataclasses.replace(plain.deliverable, bits=None))
    placed = (PlacedSong(1, "One", None, 0, 10),)
    whole = document(dataclasses.replace(FIRST, songs=placed))
    sheet, description = album_papers({"mp3-320": lossy, "whole": whole, "flac-24": plain})
    assert (sheet.name, description.name) == ("metadata.csv", "release.json")
    assert isinstance(sheet.source, bytes)
    assert b"flac-24/01" in sheet.source
    assert album_papers({"whole": whole}) == ()
