"""The PQ sheet that goes to the plant with a disc, and stays with its files: as text, and as a page to print."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from farm.deliver.cd_image import WrittenFile
from farm.deliver.cd_layout import CdLayout, RedBookProblem, TrackPlace, format_msf
from farm.deliver.cue import flags_of
from farm.manifest.red_book import CD_FRAME_SAMPLES
from farm.plan.cd import CdSpec

COLUMNS = ("Track", "Title", "Performer", "ISRC", "Pregap", "Start", "Length", "Flags")
_CODES = {"Track", "ISRC", "Pregap", "Start", "Length", "Flags", "MD5", "SHA-256"}
"""What is set in letters of one width."""

_STYLE = """
@page { size: A4 landscape; margin: 14mm }
* { box-sizing: border-box }
body { font: 10.5pt/1.4 "Helvetica Neue", Helvetica, Arial, sans-serif; color: #111 }
body { max-width: 270mm; margin: 2em auto }
h1 { font-size: 18pt; margin: 0 }
.by { color: #555; margin: 0 0 1.2em }
dl { display: grid; grid-template-columns: 9.5em auto; gap: .15em 1.2em; margin: 0 0 1.2em }
dt { color: #555 }
dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; margin-bottom: 1.2em }
th, td { text-align: left; padding: .3em .6em .3em 0; vertical-align: baseline }
th { font-weight: 600; border-bottom: 1.5pt solid #111; white-space: nowrap }
td { border-bottom: .5pt solid #bbb }
thead { display: table-header-group }
tr { break-inside: avoid }
.code { font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 9.5pt; white-space: nowrap }
dd.code { white-space: normal }
@media print { body { margin: 0; max-width: none } }
"""


class PqSheet(NamedTuple):
    """What both forms show: facts about the disc, a row of COLUMNS for each mark, facts about the image, notes."""

    disc: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    image: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def build_pq_sheet(
    spec: CdSpec, layout: CdLayout, image: WrittenFile, warnings: Sequence[RedBookProblem] = ()
) -> PqSheet:
    """Return the sheet of a disc. Times are MM:SS:FF (1/75 s); 00:00:00 is where the pregap of track 1 begins."""
    disc = {"UPC/EAN": spec.upc or "none", "Catalogue number": spec.catalogue_number, "Label": spec.label}
    audio = {
        "Tracks": str(len(layout.tracks)),
        "Lead-out": format_msf(layout.lead_out_cd_frame),
        "Playing time": format_msf(layout.lead_out_cd_frame - layout.tracks[0].start_cd_frame),
        "CD-TEXT": {"none": "no", "common": "yes", "full": "yes, with codes"}[spec.cd_text],
        "Image": f"{image.name}, {image.size_bytes:,} bytes",
        "MD5": image.md5,
        "SHA-256": image.sha256,
    }
    return PqSheet(
        tuple((name, value) for name, value in disc.items() if value),
        tuple(row for track in layout.tracks for row in _rows(track)),
        tuple(audio.items()),
        (*_hidden(spec, layout), *(warning.message for warning in warnings)),
    )


def _rows(track: TrackPlace) -> Iterator[tuple[str, ...]]:
    """Yield the track, then its further index points."""
    song = track.song
    yield (
        f"{track.number:02}",
        song.title,
        song.performer,
        _with_hyphens(song.isrc) if song.isrc else "none",
        format_msf(track.pregap_cd_frames),
        format_msf(track.start_cd_frame),
        format_msf(track.length_cd_frames),
        " ".join(flags_of(song)),
    )
    for index, cd_frame in enumerate(track.indexes[1:], start=2):
        yield "", f"index {index:02}", "", "", "", format_msf(cd_frame), "", ""


def _with_hyphens(isrc: str) -> str:
    """Return an ISRC as people read it (ISRC Bulletin 2015/01)."""
    return f"{isrc[:2]}-{isrc[2:5]}-{isrc[5:7]}-{isrc[7:]}"


def _hidden(spec: CdSpec, layout: CdLayout) -> Iterator[str]:
    for song, place in zip(spec.songs, layout.songs, strict=True):
        if song.hidden:
            start, end = (at // CD_FRAME_SAMPLES for at in (place.start_frame, place.start_frame + place.frames))
            yield f"{song.title} lies hidden in the pregap of track 1, from {format_msf(start)} to {format_msf(end)}"


def format_text(spec: CdSpec, sheet: PqSheet) -> str:
    """Return the sheet as text in columns, lines ending with a line feed."""
    table = [COLUMNS, *sheet.rows]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    rules = ["-" * width for width in widths]
    lines = [
        f"{spec.title} - {spec.performer}",
        "",
        *_facts(sheet.disc),
        "",
        *(_columns(row, widths) for row in (COLUMNS, rules, *sheet.rows)),
        "",
        *_facts(sheet.image),
        *(["", *sheet.notes] if sheet.notes else []),
    ]
    return "".join(line + "\n" for line in lines)


def _facts(facts: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max(len(name) for name, _ in facts)
    return (f"{name:{width}}  {value}" for name, value in facts)


def _columns(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    """Return how many columns a terminal gives a text: two for an ideograph, none for an accent of its own."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def format_html(spec: CdSpec, sheet: PqSheet) -> str:
    """Return the sheet as one HTML page that needs nothing else and prints on A4."""
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    rows = "\n".join(f"<tr>{_cells(row)}</tr>" for row in sheet.rows)
    notes = "".join(f"<p>{escape(note)}</p>\n" for note in sheet.notes)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>PQ sheet: {escape(spec.title)}</title>
<style>{_STYLE}</style>
<h1>{escape(spec.title)}</h1>
<p class="by">{escape(spec.performer)}</p>
{_definitions(sheet.disc)}
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
{_definitions(sheet.image)}
{notes}<p>Times are MM:SS:FF (1/75 s), counted from where the pregap of track 1 begins.</p>
</html>
"""


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<td{_class(name)}>{escape(cell)}</td>" for name, cell in zip(COLUMNS, row, strict=True))


def _definitions(facts: Sequence[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{name}</dt><dd{_class(name)}>{escape(value)}</dd>" for name, value in facts) + "</dl>"


def _class(name: str) -> str:
    return ' class="code"' if name in _CODES else ""
