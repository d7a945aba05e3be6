"""What is known of a song's sound when its file is tagged, and the playback gains that follow from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from farm.records import Measurement
from farm.units import db_to_linear

REPLAYGAIN_REFERENCE_LUFS = -18.0
"""ReplayGain 2.0: the loudness that players bring a song to with its gain."""

R128_REFERENCE_LUFS = -23.0
"""RFC 7845, 5.2.1: what the R128 gains of Opus refer to, after EBU R 128."""

_Q7_8 = 256
"""R128 gains are whole 256ths of a decibel in 16 bits."""


@dataclass(frozen=True, slots=True)
class SongFacts:
    """The finished song's measurement, the loudness of the whole album, and the digest of the finished audio.

    What silence or too short a song does not have is None.
    """

    integrated_lufs: float | None
    loudness_range_lu: float | None
    true_peak_dbtp: float | None
    max_momentary_lufs: float | None
    max_short_term_lufs: float | None
    album_lufs: float | None
    audio_digest: str


def song_facts(measured: Measurement, *, album_lufs: float | None, audio_digest: str) -> SongFacts:
    """Return the facts of a finished song."""
    return SongFacts(
        integrated_lufs=measured.integrated_lufs,
        loudness_range_lu=measured.loudness_range_lu,
        true_peak_dbtp=measured.true_peak_dbtp,
        max_momentary_lufs=measured.max_momentary_lufs,
        max_short_term_lufs=measured.max_short_term_lufs,
        album_lufs=album_lufs,
        audio_digest=audio_digest,
    )


def album_facts(songs: Sequence[Measurement], *, album_lufs: float | None, audio_digest: str) -> SongFacts:
    """Return the facts of a file that holds all songs: a gain for the song is one for the album."""

    def highest(values: Iterable[float | None]) -> float | None:
        return max((value for value in values if value is not None), default=None)

    return SongFacts(
        integrated_lufs=album_lufs,
        loudness_range_lu=None,
        true_peak_dbtp=highest(song.true_peak_dbtp for song in songs),
        max_momentary_lufs=highest(song.max_momentary_lufs for song in songs),
        max_short_term_lufs=highest(song.max_short_term_lufs for song in songs),
        album_lufs=album_lufs,
        audio_digest=audio_digest,
    )


def replaygain_values(facts: SongFacts, *, ceiling_dbtp: float) -> Mapping[str, str]:
    """Return the texts of ReplayGain 2.0: gains in dB, peaks linear.

    The album's peak is the deliverable's ceiling, which no song exceeds: the highest peak itself would make the file of
    one song depend on the sound of all.
    """
    gains = {
        "replaygain_track_gain": _gain_text(facts.integrated_lufs),
        "replaygain_track_peak": _peak_text(facts.true_peak_dbtp),
        "replaygain_album_gain": _gain_text(facts.album_lufs),
        "replaygain_album_peak": _peak_text(ceiling_dbtp) if facts.album_lufs is not None else None,
    }
    known = {name: text for name, text in gains.items() if text is not None}
    return known | ({"replaygain_reference": f"{REPLAYGAIN_REFERENCE_LUFS:.2f} LUFS"} if known else {})


def r128_values(facts: SongFacts) -> Mapping[str, str]:
    """Return the texts of Opus gains (RFC 7845, 5.2.1)."""
    levels = {"r128_track_gain": facts.integrated_lufs, "r128_album_gain": facts.album_lufs}
    return {name: _q7_8_text(R128_REFERENCE_LUFS - lufs) for name, lufs in levels.items() if lufs is not None}


def _gain_text(lufs: float | None) -> str | None:
    return None if lufs is None else f"{REPLAYGAIN_REFERENCE_LUFS - lufs:.2f} dB"


def _peak_text(peak_db: float | None) -> str | None:
    return None if peak_db is None else f"{db_to_linear(peak_db):.6f}"


def _q7_8_text(gain_db: float) -> str:
    return str(max(-(2**15), min(2**15 - 1, round(gain_db * _Q7_8))))
