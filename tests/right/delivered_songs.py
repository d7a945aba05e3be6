"""A document of a delivery of two songs, for tests of what is written from it."""

import dataclasses

from farm.deliver.delivery_document import (
    DeliveredAlbum,
    DeliveredFormat,
    DeliveredTrack,
    DeliveryDocument,
    build_delivery_document,
)

ALBUM = DeliveredAlbum(
    title='Low "Tide", Vol. 1',
    artists=("The Example", "Zoë"),
    upc="0123456789012",
    catalogue_number="CAT-001",
    label="Label",
    date="2026-11-24",
    copyright="2026 Label",
    musicbrainz_album_id="0f1a4d0e-0000-4000-8000-000000000001",
    loudness_lufs=-14.0,
)
FORMAT = DeliveredFormat("flac", 48000, -1.0, -14.0, "album", bits=24, dither="tpdf")
FIRST = DeliveredTrack(
    name="01 海.flac",
    size_bytes=1000,
    sha256="ab" * 32,
    audio_sha256="cd" * 32,
    title="海 🌊",
    artists=("The Example",),
    disc=1,
    disc_total=1,
    track=1,
    track_total=2,
    frames=48000 * 185,
    duration_seconds=185.0,
    version="live",
    isrc="QZABC2600001",
    composers=("A. Composer", "B. Composer"),
    lyricists=("C. Lyricist",),
    phonographic="2026 Sub",
    genre="Ambient",
    language="eng",
    advisory="explicit",
    musicbrainz_recording_id="0f1a4d0e-0000-4000-8000-000000000003",
    integrated_lufs=-14.123456,
    loudness_range_lu=6.1,
    true_peak_dbtp=-1.02,
)
SECOND = dataclasses.replace(
    FIRST,
    name="02 Plain.flac",
    title="Plain",
    track=2,
    version=None,
    isrc=None,
    composers=(),
    lyricists=(),
    phonographic=None,
    genre=None,
    language=None,
    advisory=None,
    musicbrainz_recording_id=None,
)


def document(*tracks: DeliveredTrack) -> DeliveryDocument:
    """Return a document of these songs, of the two without any."""
    return build_delivery_document(ALBUM, FORMAT, tracks or (FIRST, SECOND))
