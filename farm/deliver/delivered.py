"""From what a render left to what its delivery says of itself: the document of one deliverable."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from farm.deliver.assemble import AssembledFile
from farm.deliver.delivery_document import (
    DeliveredAlbum,
    DeliveredFormat,
    DeliveredOver,
    DeliveredTrack,
    DeliveryDocument,
    PlacedSong,
    build_delivery_document,
)
from farm.measure.gating import integrate
from farm.plan.match_spec import MatchSpec
from farm.plan.node import Node, Plan, PlannedDeliverable
from farm.plan.spec import ContinuousSpec, EncodeSpec, TagSpec
from farm.records import Artifact, Measurement, Record, measurement_from

_FILE, _OUTPUTS = "file", "outputs."


class Finished(NamedTuple):
    """A song as it was encoded, by its number in the album, and what it measures."""

    number: int
    audio: Artifact
    measured: Measurement


def describe_deliverable(
    plan: Plan, deliverable: PlannedDeliverable, files: Sequence[AssembledFile], records: Mapping[str, Record]
) -> DeliveryDocument | None:
    """Return the document of a deliverable that is no disc: of the files that were made, None if there are none.

    `records` are those of all nodes that were made, by the id of the node.
    """
    nodes = {node.id: node for node in plan.nodes}
    finished: list[Finished] = []
    tracks: list[DeliveredTrack] = []
    for file in files:
        node = nodes[deliverable.encodes[file.song]]
        songs = list(finished_songs(node, nodes, records))
        track = _track(file, _encode_spec(node), records[node.id], songs[0])
        tracks.append(_whole_album(track, plan, songs, node.spec) if isinstance(node.spec, ContinuousSpec) else track)
        finished += songs
    if not tracks:
        return None
    spec = _encode_spec(nodes[deliverable.encodes[files[0].song]])
    album = describe_album(spec.tags, finished if len(files) == len(deliverable.encodes) else [])
    match = match_spec(plan)
    asked = DeliveredFormat(
        format=spec.format,
        rate_hz=finished[0].audio.rate_hz,
        ceiling_dbtp=spec.ceiling_dbtp,
        target_lufs=match.loudness_lufs,
        loudness_mode=match.loudness_mode,
        bits=spec.bits,
        bitrate_kbps=spec.bitrate_kbps,
        quality=spec.quality,
        dither=spec.dither if spec.bits else None,
        continuous=deliverable.whole is not None,
    )
    return build_delivery_document(album, asked, tuple(tracks))


def match_spec(plan: Plan) -> MatchSpec:
    """Return what the album was matched to."""
    return next(node.spec for node in plan.nodes if isinstance(node.spec, MatchSpec))


def _encode_spec(node: Node) -> EncodeSpec:
    spec = node.spec.encode if isinstance(node.spec, ContinuousSpec) else node.spec
    assert isinstance(spec, EncodeSpec)
    return spec


def finished_songs(node: Node, nodes: Mapping[str, Node], records: Mapping[str, Record]) -> Iterator[Finished]:
    """Yield the songs that a file was made of, in order: it reads one output of a finish node for each."""
    for need in node.needs:
        if need.facet.startswith(_OUTPUTS):
            place, record = need.facet.removeprefix(_OUTPUTS), records[need.node]
            measured = measurement_from(record.facts["songs"][place]["measurement"])
            yield Finished((nodes[need.node].song or 1) + int(place), record.outputs[place], measured)


def _track(file: AssembledFile, spec: EncodeSpec, record: Record, finished: Finished) -> DeliveredTrack:
    """Peak and loudness are those of the decoded file where that was measured, as with lossy formats."""
    tags, encoded, measured = spec.tags, record.facts["encoded"], finished.measured
    lossless = spec.bits is not None
    return DeliveredTrack(
        name=file.name,
        size_bytes=record.outputs[_FILE].size_bytes,
        sha256=file.sha256,
        audio_sha256=encoded["audio_sha256"],
        title=tags.title,
        artists=tags.artists,
        disc=tags.disc_number,
        disc_total=tags.disc_total,
        track=tags.track_number,
        track_total=tags.track_total,
        frames=finished.audio.frames,
        duration_seconds=finished.audio.frames / finished.audio.rate_hz,
        version=tags.version,
        isrc=tags.isrc,
        composers=tags.composers,
        lyricists=tags.lyricists,
        phonographic=tags.phonographic,
        genre=tags.genre,
        language=tags.language,
        advisory=tags.advisory,
        musicbrainz_recording_id=tags.musicbrainz_recording_id,
        integrated_lufs=measured.integrated_lufs if lossless else encoded["integrated_lufs"],
        loudness_range_lu=measured.loudness_range_lu,
        true_peak_dbtp=measured.true_peak_dbtp if lossless else encoded["true_peak_dbtp"],
        backed_off_db=encoded["backed_off_db"],
        lowered_db=encoded["lowered_db"],
        rounds=encoded["rounds"],
        overs_total=encoded["overs_total"],
        overs=tuple(DeliveredOver(**over) for over in encoded["overs"]),
    )


def _whole_album(track: DeliveredTrack, plan: Plan, songs: Sequence[Finished], spec: ContinuousSpec) -> DeliveredTrack:
    """Return the file of the whole album, as the first song of it was described, with where each song lies.

    A lossless file holds the songs' samples, so it measures what they do.
    """
    lengths = [song.audio.frames + gap for song, gap in zip(songs, spec.gaps_frames, strict=True)]
    starts = list(accumulate(lengths, initial=0))
    placed = tuple(place_song(plan, song, start) for song, start in zip(songs, starts[:-1], strict=True))
    seconds = starts[-1] / songs[0].audio.rate_hz
    whole = replace(track, frames=starts[-1], duration_seconds=seconds, loudness_range_lu=None, songs=placed)
    if spec.encode.bits is None:
        return whole
    return replace(whole, integrated_lufs=pooled_lufs(songs), true_peak_dbtp=highest_peak_dbtp(songs))


def place_song(plan: Plan, song: Finished, start_frame: int) -> PlacedSong:
    planned = plan.songs[song.number - 1]
    return PlacedSong(song.number, planned.title, planned.isrc, start_frame, song.audio.frames)


def pooled_lufs(songs: Sequence[Finished]) -> float | None:
    """Return the loudness of songs as one programme, but for the blocks across their borders."""
    return integrate(block for song in songs for block in song.measured.block_clufs)


def highest_peak_dbtp(songs: Sequence[Finished]) -> float | None:
    return max(
        (song.measured.true_peak_dbtp for song in songs if song.measured.true_peak_dbtp is not None), default=None
    )


def describe_album(tags: TagSpec, songs: Sequence[Finished]) -> DeliveredAlbum:
    """Return the release as one of its songs is tagged; `songs` are all of them, or none if some are missing."""
    return DeliveredAlbum(
        title=tags.album,
        artists=tags.album_artists,
        upc=tags.upc,
        catalogue_number=tags.catalogue_number,
        label=tags.label,
        date=tags.date,
        copyright=tags.copyright,
        musicbrainz_album_id=tags.musicbrainz_album_id,
        loudness_lufs=pooled_lufs(songs),
    )
