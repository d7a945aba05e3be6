"""Cue sheets and PQ sheets say where everything is, in characters that their readers take."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from farm.deliver.cd_image import WrittenFile
from farm.deliver.cd_layout import RedBookProblem, build_layout
from farm.deliver.cue import build_cue
from farm.deliver.pq_sheet import COLUMNS, PqSheet, build_pq_sheet, format_html, format_text
from farm.plan.cd import CdSongSpec, CdSpec

SECOND = 44100
IMAGE = WrittenFile("Low Tide.bin", 1234567, "a" * 64, "b" * 32)

DISC = CdSpec(
    "Low “Tide”",
    "The Example",
    (
        CdSongSpec("Under\ntow", "Łukasz & Co", isrc="QZABC2600001", composer="A. Nother", copy_permitted=True),
        CdSongSpec("<b>Лёд</b>", "The Example", songwriter="S. Writer", pre_emphasis=True, scms=True, joined=True),
        CdSongSpec("潮", "The Example", index_frames=(5 * SECOND,)),
    ),
    upc="0123456789012",
    catalogue_number="CAT-001",
    label="Label & Sons",
)

CUE = """\
CATALOG 0123456789012
TITLE "Low 'Tide'"
PERFORMER "The Example"
FILE "Low Tide.bin" BINARY
  TRACK 01 AUDIO
    TITLE "Under tow"
    PERFORMER "Lukasz & Co"
    SONGWRITER "A. Nother"
    ISRC QZABC2600001
    FLAGS DCP
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "<b>Lyod</b>"
    PERFORMER "The Example"
    SONGWRITER "S. Writer"
    FLAGS PRE SCMS
    INDEX 00 00:10:00
    INDEX 01 00:12:00
  TRACK 03 AUDIO
    TITLE "?"
    PERFORMER "The Example"
    INDEX 01 00:22:00
    INDEX 02 00:27:00
"""


def test_a_cue_sheet_of_a_disc_without_cd_text_has_no_texts() -> None:
    """Burners would write them onto the disc."""
    bare = re.sub(r" *(TITLE|PERFORMER|SONGWRITER) .*\n", "", CUE)
    assert cue_of(dataclasses.replace(DISC, cd_text="none"), 10.0, 10.0, 10.0) == bare


def test_texts_of_a_cue_sheet_are_no_longer_than_cdrdao_takes() -> None:
    songs = (dataclasses.replace(DISC.songs[0], title="Ł" * 100, performer="p" * 80),)
    sheet = cue_of(dataclasses.replace(DISC, title="t" * 81, songs=songs), 10.0)
    assert sorted(len(text) for text in re.findall('"(.*)"', sheet) if len(text) > 20) == [80, 80, 80]


def cue_of(spec: CdSpec, *seconds: float) -> str:
    layout = build_layout(spec, [round(each * SECOND) for each in seconds])
    return build_cue(spec, layout, image="Low Tide.bin").decode("latin-1")


def sheet_of(spec: CdSpec, *seconds: float, warnings: tuple[RedBookProblem, ...] = ()) -> PqSheet:
    layout = build_layout(spec, [round(each * SECOND) for each in seconds])
    return build_pq_sheet(spec, layout, IMAGE, warnings)


def test_a_cue_sheet_has_the_lines_that_strict_readers_take() -> None:
    assert cue_of(DISC, 10.0, 10.0, 10.0) == CUE


def test_a_cue_sheet_names_the_kind_of_its_image() -> None:
    assert 'FILE "Low Tide.bin" WAVE\n' in cue_of(dataclasses.replace(DISC, container="wav"), 10.0, 10.0, 10.0)


def test_what_is_left_of_the_first_pregap_is_index_00() -> None:
    longer = dataclasses.replace(DISC, first_pregap_cd_frames=225)
    assert "    INDEX 00 00:00:00\n    INDEX 01 00:01:00\n" in cue_of(longer, 10.0, 10.0, 10.0)
    hidden = dataclasses.replace(DISC, songs=(CdSongSpec("Before", "", hidden=True), *DISC.songs))
    assert "    INDEX 00 00:00:00\n    INDEX 01 00:22:00\n" in cue_of(hidden, 20.0, 10.0, 10.0, 10.0)


def test_no_line_of_a_cue_sheet_is_longer_than_254_characters() -> None:
    spec = dataclasses.replace(DISC, title="x" * 1000, performer="Щ" * 1000)
    assert max(map(len, cue_of(spec, 10.0, 10.0, 10.0).splitlines())) <= 254


def test_a_pq_sheet_has_a_row_for_each_mark() -> None:
    rows = sheet_of(DISC, 10.0, 10.0, 10.0).rows
    assert rows == (
        ("01", "Under\ntow", "Łukasz & Co", "QZ-ABC-26-00001", "00:02:00", "00:02:00", "00:10:00", "DCP"),
        ("02", "<b>Лёд</b>", "The Example", "none", "00:02:00", "00:14:00", "00:10:00", "PRE SCMS"),
        ("03", "潮", "The Example", "none", "00:00:00", "00:24:00", "00:10:00", ""),
        ("", "index 02", "", "", "", "00:29:00", "", ""),
    )


def test_a_pq_sheet_tells_the_disc_the_image_and_what_to_ask() -> None:
    hidden = dataclasses.replace(DISC, songs=(CdSongSpec("Before", "", hidden=True), *DISC.songs))
    warning = RedBookProblem("warning", "cd-track-short", "track 2 is short")
    sheet = sheet_of(hidden, 20.0, 10.0, 10.0, 10.0, warnings=(warning,))
    assert dict(sheet.disc) == {
        "UPC/EAN": "0123456789012",
        "Catalogue number": "CAT-001",
        "Label": "Label & Sons",
    }
    facts = dict(sheet.image)
    assert (facts["Tracks"], facts["Lead-out"], facts["Playing time"]) == ("3", "00:56:00", "00:32:00")
    assert (facts["MD5"], facts["SHA-256"]) == (IMAGE.md5, IMAGE.sha256)
    assert sheet.notes == (
        "Before lies hidden in the pregap of track 1, from 00:02:00 to 00:22:00",
        "track 2 is short",
    )


def test_the_text_of_a_pq_sheet_stands_in_columns() -> None:
    plain = dataclasses.replace(DISC, songs=(dataclasses.replace(DISC.songs[0], title="Undertow"), *DISC.songs[1:]))
    lines = format_text(plain, sheet_of(plain, 10.0, 10.0, 10.0)).splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("Track"))
    starts = [match.start() for match in re.finditer(r"\S+", lines[head])]
    assert lines[head].split() == list(COLUMNS)
    assert [lines[head + 2][at:].split()[0] for at in starts][:4] == ["01", "Undertow", "Łukasz", "QZ-ABC-26-00001"]
    assert lines[head + 4][starts[1] :].startswith("潮")
    assert lines[head + 4][starts[2] - 1 :].startswith("The Example"), "an ideograph is as wide as two letters"
    assert all(line == line.rstrip() for line in lines)


class Cells(HTMLParser):
    """Collects the table of a page, and what it would load from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.loaded: list[str] = []
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [tag for name, _ in attrs if name in ("src", "href")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self._in_cell = tag in ("td", "th")

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data


def test_the_page_of_a_pq_sheet_shows_the_same_rows_and_needs_nothing_else() -> None:
    sheet = sheet_of(DISC, 10.0, 10.0, 10.0)
    page = format_html(DISC, sheet)
    cells = Cells(page)
    assert cells.rows == [list(COLUMNS), *map(list, sheet.rows)]
    assert not cells.loaded
    assert "url(" not in page
    assert "Label &amp; Sons" in page


@pytest.mark.parametrize(("cd_text", "shown"), [("none", "no"), ("common", "yes"), ("full", "yes, with codes")])
def test_a_pq_sheet_says_whether_there_is_cd_text(cd_text: str, shown: str) -> None:
    spec = dataclasses.replace(DISC, cd_text=cd_text)
    assert dict(sheet_of(spec, 10.0, 10.0, 10.0).image)["CD-TEXT"] == shown
