"""The table of songs at the end of a render."""

from collections import Counter

from farm.report.figures import cell
from farm.report.summary import SongSummary, Summary
from farm.report.verdict import finding_line, verdict_text
from farm.units import seconds_to_clock

_HEAD = " #  song                            length  master   gain     LUFS    dBTP     LU"


def summary_text(summary: Summary) -> str:
    """Return the render as people read it: songs, where the files are, what failed."""
    rows = (line for song in summary.songs for line in (_row(song), *_verdict(song)))
    lines = [_HEAD, *rows, "", *_loudness(summary), *_spread(summary)]
    folders = Counter(file.path.parent for file in summary.files)
    lines += [f"{count:4} files in {folder}" for folder, count in folders.items()]
    lines += [f"     warning: {each}" for each in summary.warnings]
    lines += [f"\n{each.node}: {each.render()}" for each in summary.errors]
    lines.append(
        f"{summary.album}: {summary.status}, {summary.rendered} rendered, {summary.reused} reused, "
        f"{summary.wall_seconds:.1f} s, {summary.realtime_factor:.0f} times real time"
    )
    return "\n".join(lines)


def _loudness(summary: Summary) -> list[str]:
    """Return the loudness of the album as a whole; nothing for songs of silence."""
    finding = summary.loudness
    return [] if finding is None or finding.reached is None else [f"     {finding_line(finding, 'album')}"]


def _spread(summary: Summary) -> list[str]:
    before, after = summary.masters, summary.finished
    rows = (
        ("loudness", before.loudness_lu, after.loudness_lu, "LU"),
        ("tone", before.tone_db, after.tone_db, "dB"),
    )
    return [
        f"     {name} spread of {had:.1f} {unit} before matching, {has:.1f} {unit} after"
        for name, had, has, unit in rows
        if had is not None and has is not None
    ]


def _row(song: SongSummary) -> str:
    length = seconds_to_clock(song.duration_seconds) if song.duration_seconds is not None else "-"
    figures = (
        cell(song.master_lufs, 7),
        cell(song.gain_db, 6, sign="+"),
        cell(song.integrated_lufs, 8),
        cell(song.true_peak_dbtp, 7),
        cell(song.loudness_range_lu, 6),
    )
    note = f": {song.note}" if song.note else ""
    return f"{song.number:2}  {song.title[:30]:30} {length:>7} {' '.join(figures)}  {song.status}{note}"


def _verdict(song: SongSummary) -> list[str]:
    """Return a line for each thing that is not as it was asked for."""
    return [f"      {line}" for line in verdict_text(song.findings)[1:]]
