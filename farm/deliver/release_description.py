"""`release.json`: the release for web pages and catalogues, as JSON-LD in the words of schema.org.

Types and properties: https://schema.org/MusicAlbum, MusicRelease, MusicRecording; a UPC is a GTIN-13.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from farm.deliver.delivery_document import DeliveredAlbum, DeliveredTrack, DeliveryDocument

DESCRIPTION_NAME = "release.json"

_MUSICBRAINZ = "https://musicbrainz.org"


def build_release_description(document: DeliveryDocument) -> bytes:
    """Return the description of an album; what is not known is not written."""
    album, tracks = document.album, document.files
    described = {
        "@context": "https://schema.org",
        "@type": "MusicAlbum",
        "name": album.title,
        "byArtist": _groups(album.artists),
        "datePublished": album.date,
        "copyrightNotice": album.copyright,
        "numTracks": len(tracks),
        "albumRelease": _release(album, tracks),
        "track": [_recording(place, track) for place, track in enumerate(tracks, start=1)],
    }
    return (json.dumps(_known(described), indent=2, ensure_ascii=False) + "\n").encode()


def _release(album: DeliveredAlbum, tracks: Iterable[DeliveredTrack]) -> Mapping[str, Any]:
    return _known(
        {
            "@type": "MusicRelease",
            "@id": album.musicbrainz_album_id and f"{_MUSICBRAINZ}/release/{album.musicbrainz_album_id}",
            "name": album.title,
            "musicReleaseFormat": "https://schema.org/DigitalFormat",
            "identifier": album.upc and {"@type": "PropertyValue", "propertyID": "gtin13", "value": album.upc},
            "catalogNumber": album.catalogue_number,
            "recordLabel": album.label and {"@type": "Organization", "name": album.label},
            "duration": _duration(sum(track.duration_seconds for track in tracks)),
        }
    )


def _recording(place: int, track: DeliveredTrack) -> Mapping[str, Any]:
    recording_id = track.musicbrainz_recording_id
    return _known(
        {
            "@type": "MusicRecording",
            "@id": recording_id and f"{_MUSICBRAINZ}/recording/{recording_id}",
            "position": place,
            "name": f"{track.title} ({track.version})" if track.version else track.title,
            "byArtist": _groups(track.artists),
            "isrcCode": track.isrc,
            "duration": _duration(track.duration_seconds),
            "genre": track.genre,
            "inLanguage": track.language,
            "isFamilyFriendly": False if track.advisory == "explicit" else None,
            "recordingOf": _composition(track),
        }
    )


def _composition(track: DeliveredTrack) -> Mapping[str, Any] | None:
    if not track.composers and not track.lyricists:
        return None
    names = {"composer": _people(track.composers), "lyricist": _people(track.lyricists)}
    return _known({"@type": "MusicComposition", "name": track.title, **names})


def _groups(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"@type": "MusicGroup", "name": name} for name in names]


def _people(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"@type": "Person", "name": name} for name in names]


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [])}


def _duration(seconds: float) -> str:
    """Return an ISO 8601 duration in whole minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"PT{minutes}M{rest}S"
