"""The fields of tags: what each is called in every container, and the values that a song's file gets.

Sources of the names: ID3v2.3.0 and ID3v2.4.0 (id3.org); Vorbis comment recommendations (xiph.org) and the names that
MusicBrainz Picard writes; iTunes metadata atoms; RIFF INFO (Multimedia Programming Interface and Data Specifications
1.0). RIFF has a chunk ISRC, which means Source: a recording code does not belong there.
"""

from collections.abc import Mapping
from typing import NamedTuple

from farm.deliver.song_facts import SongFacts, r128_values, replaygain_values
from farm.plan.spec import TagSpec

Values = Mapping[str, tuple[str, ...]]
"""The texts of each field that is written, by the field's name."""


class Field(NamedTuple):
    """A row: the field, its frame in ID3v2.3 and ID3v2.4 (after a colon the description or the owner), its Vorbis
    comment, its MP4 atom (`+NAME` is the free one of iTunes), its RIFF INFO chunk. "" where there is none."""

    name: str
    id3v23: str
    id3v24: str
    vorbis: str
    mp4: str
    info: str = ""


FIELDS: tuple[Field, ...] = (
    Field("title", "TIT2", "TIT2", "TITLE", "©nam", "INAM"),
    Field("version", "TIT3", "TIT3", "VERSION", "+SUBTITLE"),
    Field("artists", "TPE1", "TPE1", "ARTIST", "©ART", "IART"),
    Field("artist_list", "TXXX:ARTISTS", "TXXX:ARTISTS", "", "+ARTISTS"),
    Field("album", "TALB", "TALB", "ALBUM", "©alb", "IPRD"),
    Field("album_artists", "TPE2", "TPE2", "ALBUMARTIST", "aART"),
    Field("composers", "TCOM", "TCOM", "COMPOSER", "©wrt"),
    Field("lyricists", "TEXT", "TEXT", "LYRICIST", "+LYRICIST"),
    Field("track", "TRCK", "TRCK", "", "trkn"),
    Field("track_number", "", "", "TRACKNUMBER", "", "ITRK"),
    Field("track_total", "", "", "TRACKTOTAL", ""),
    Field("disc", "TPOS", "TPOS", "", "disk"),
    Field("disc_number", "", "", "DISCNUMBER", ""),
    Field("disc_total", "", "", "DISCTOTAL", ""),
    Field("date", "", "TDRC", "DATE", "©day", "ICRD"),
    Field("year", "TYER", "", "", ""),
    Field("day_month", "TDAT", "", "", ""),
    Field("isrc", "TSRC", "TSRC", "ISRC", "+ISRC"),
    Field("upc", "TXXX:BARCODE", "TXXX:BARCODE", "BARCODE", "+BARCODE"),
    Field("catalogue_number", "TXXX:CATALOGNUMBER", "TXXX:CATALOGNUMBER", "CATALOGNUMBER", "+CATALOGNUMBER"),
    Field("label", "TPUB", "TPUB", "LABEL", "+LABEL"),
    Field("copyright", "TCOP", "TCOP", "COPYRIGHT", "cprt", "ICOP"),
    Field("phonographic", "TXXX:PRODUCEDNOTICE", "TPRO", "PRODUCEDNOTICE", "©phg"),
    Field("genre", "TCON", "TCON", "GENRE", "©gen", "IGNR"),
    Field("language", "TLAN", "TLAN", "LANGUAGE", "+LANGUAGE", "ILNG"),
    Field("advisory", "TXXX:ITUNESADVISORY", "TXXX:ITUNESADVISORY", "ITUNESADVISORY", "rtng"),
    Field("lyrics", "USLT", "USLT", "LYRICS", "©lyr"),
    Field(
        "musicbrainz_album_id",
        "TXXX:MusicBrainz Album Id",
        "TXXX:MusicBrainz Album Id",
        "MUSICBRAINZ_ALBUMID",
        "+MusicBrainz Album Id",
    ),
    Field(
        "musicbrainz_album_artist_id",
        "TXXX:MusicBrainz Album Artist Id",
        "TXXX:MusicBrainz Album Artist Id",
        "MUSICBRAINZ_ALBUMARTISTID",
        "+MusicBrainz Album Artist Id",
    ),
    Field(
        "musicbrainz_recording_id",
        "UFID:http://musicbrainz.org",
        "UFID:http://musicbrainz.org",
        "MUSICBRAINZ_TRACKID",
        "+MusicBrainz Track Id",
    ),
    Field(
        "musicbrainz_artist_id",
        "TXXX:MusicBrainz Artist Id",
        "TXXX:MusicBrainz Artist Id",
        "MUSICBRAINZ_ARTISTID",
        "+MusicBrainz Artist Id",
    ),
    *(
        Field(name, f"TXXX:{upper}", f"TXXX:{upper}", upper, f"+{lower}")
        for name, upper, lower in (
            ("replaygain_track_gain", "REPLAYGAIN_TRACK_GAIN", "replaygain_track_gain"),
            ("replaygain_track_peak", "REPLAYGAIN_TRACK_PEAK", "replaygain_track_peak"),
            ("replaygain_album_gain", "REPLAYGAIN_ALBUM_GAIN", "replaygain_album_gain"),
            ("replaygain_album_peak", "REPLAYGAIN_ALBUM_PEAK", "replaygain_album_peak"),
            ("replaygain_reference", "REPLAYGAIN_REFERENCE_LOUDNESS", "replaygain_reference_loudness"),
        )
    ),
    Field("r128_track_gain", "", "", "R128_TRACK_GAIN", ""),
    Field("r128_album_gain", "", "", "R128_ALBUM_GAIN", ""),
    Field("encoder", "TSSE", "TSSE", "ENCODER", "©too", "ISFT"),
    Field(
        "audio_digest", "TXXX:FARM_AUDIO_DIGEST", "TXXX:FARM_AUDIO_DIGEST", "FARM_AUDIO_DIGEST", "+FARM_AUDIO_DIGEST"
    ),
)

_ADVISORIES = {"explicit": "1", "clean": "2"}
"""The numbers of the iTunes atom `rtng`."""


def tag_values(tags: TagSpec, facts: SongFacts | None, *, ceiling_dbtp: float, r128_gains: bool) -> Values:
    """Return all that is written; without facts there are no gains and no digest."""
    written = {field.name: _texts(getattr(tags, field.name, None)) for field in FIELDS} | _derived(tags)
    if facts is not None:
        gains = r128_values(facts) if r128_gains else replaygain_values(facts, ceiling_dbtp=ceiling_dbtp)
        written |= {name: (text,) for name, text in gains.items()} | {"audio_digest": (facts.audio_digest,)}
    return {field.name: written[field.name] for field in FIELDS if written.get(field.name)}


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (str(value),)


def _derived(tags: TagSpec) -> dict[str, tuple[str, ...]]:
    """Return what containers write in another form than the others; discs only if there are several."""
    derived = {"track": _texts(f"{tags.track_number}/{tags.track_total}")}
    derived["artist_list"] = tags.artists if len(tags.artists) > 1 else ()
    several = tags.disc_total > 1
    derived["disc"] = _texts(f"{tags.disc_number}/{tags.disc_total}" if several else None)
    derived["disc_number"] = _texts(tags.disc_number if several else None)
    derived["disc_total"] = _texts(tags.disc_total if several else None)
    derived["advisory"] = _texts(_ADVISORIES[tags.advisory] if tags.advisory else None)
    year, _, month_day = (tags.date or "").partition("-")
    month, _, day = month_day.partition("-")
    return derived | {"year": _texts(year or None), "day_month": _texts(day + month or None)}
