"""`delivery.json` says what was delivered, can be read back, and is the same bytes for the same delivery."""

import dataclasses
import json
from pathlib import Path

import pytest
from delivered_songs import FIRST, SECOND, document

from farm import __version__
from farm.deliver.delivery_document import (
    DeliveredOver,
    DeliveryDocument,
    PlacedSong,
    document_publication,
    load_document,
    renew_document,
    settle_document,
)


def content(of: DeliveryDocument) -> bytes:
    source = document_publication(of).source
    assert isinstance(source, bytes)
    return source


def test_what_is_written_is_read_back() -> None:
    over = DeliveredOver(1.5, 72000, 2, between=True, value_dbtp=-0.25)
    songs = (PlacedSong(1, "One", None, 0, 10), PlacedSong(2, "Two", "QZABC2600002", 10, 5))
    track = dataclasses.replace(FIRST, integrated_lufs=-14.125, overs_total=1, overs=(over,), songs=songs)
    assert load_document(content(document(track, SECOND))).files[0] == track


def test_a_program_finds_each_fact_under_its_name() -> None:
    read = json.loads(content(document()))
    assert (read["schema"], read["farm"]) == (1, __version__)
    assert read["album"]["upc"] == "0123456789012"
    assert read["deliverable"]["ceiling_dbtp"] == -1.0
    assert [file["name"] for file in read["files"]] == ["01 海.flac", "02 Plain.flac"]
    assert read["files"][0]["integrated_lufs"] == -14.123
    assert read["files"][1]["isrc"] is None


def test_equal_deliveries_are_equal_bytes() -> None:
    assert content(document()) == content(document())
    assert document_publication(document()).sha256 != document_publication(document(FIRST)).sha256


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (b'"schema": 1', b'"schema": 2', "schema 2"),
        (b'"frames": 8880000', b'"frames": "many"', "files.0.frames"),
        (b'"title": "Plain"', b'"title": 3', "files.1.title"),
        (b'"upc": "0123456789012",', b'"upc": ["a"],', "album.upc"),
        (b'"album"', b'"tape"', "album"),
        (b"{", b"", "JSON"),
    ],
)
def test_what_is_no_document_is_refused_with_the_place(before: bytes, after: bytes, reason: str) -> None:
    whole = content(document())
    assert before in whole
    with pytest.raises(ValueError, match=reason):
        load_document(whole.replace(before, after, 1))


def test_keys_of_a_later_version_are_passed_over() -> None:
    later = content(document()).replace(b'"schema": 1', b'"schema": 1, "more": true')
    assert load_document(later).files[1].title == "Plain"


def test_a_song_that_is_delivered_again_keeps_the_others_in_place() -> None:
    again = dataclasses.replace(FIRST, sha256="ef" * 32)
    renewed = renew_document(document(), document(again))
    assert renewed.files == (again, SECOND)
    assert renewed.album.loudness_lufs is None
    assert renew_document(None, document(again)) == document(again)


def test_a_folder_keeps_what_was_not_delivered_again(tmp_path: Path) -> None:
    again = dataclasses.replace(FIRST, sha256="ef" * 32)
    assert settle_document(document(again), tmp_path, complete=False).files == (again,)
    (tmp_path / "delivery.json").write_bytes(content(document()))
    assert (
        settle_document(document(again), tmp_path, complete=False).files[1]
        == load_document(content(document())).files[1]
    )
    assert settle_document(document(again), tmp_path, complete=True) == document(again)
    (tmp_path / "delivery.json").write_bytes(b"nonsense")
    assert settle_document(document(again), tmp_path, complete=False) == document(again)
