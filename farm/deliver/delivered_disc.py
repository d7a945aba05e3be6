"""From what a render left of a compact disc to the document beside its image."""

from collections.abc import Mapping

from farm.deliver.cd_layout import build_layout
from farm.deliver.ddp import IMAGE
from farm.deliver.delivered import (
    Finished,
    describe_album,
    finished_songs,
    highest_peak_dbtp,
    match_spec,
    place_song,
    pooled_lufs,
)
from farm.deliver.delivery_document import (
    DeliveredFormat,
    DeliveredTrack,
    DeliveryDocument,
    OtherFile,
    build_delivery_document,
)
from farm.manifest.red_book import CD_FRAME_SAMPLES, CD_RATE_HZ, FIRST_PREGAP_CD_FRAMES
from farm.plan.cd import DiscSpec
from farm.plan.node import Node, Plan, PlannedDeliverable
from farm.plan.spec import FinishSpec
from farm.records import Record

_BITS = 16


def describe_disc(
    plan: Plan, deliverable: PlannedDeliverable, records: Mapping[str, Record]
) -> DeliveryDocument | None:
    """Return the document of a disc, None if it was not made; `records` are those of all nodes that were made."""
    nodes = {node.id: node for node in plan.nodes}
    node = nodes[deliverable.assemble]
    if node.id not in records or not isinstance(node.spec, DiscSpec):
        return None
    record = records[node.id]
    songs = list(finished_songs(node, nodes, records))
    image = next(file["name"] for file in record.facts["files"] if _is_image(file["name"], node.spec))
    others = [
        OtherFile(file["name"], record.outputs[file["name"]].size_bytes, file["sha256"])
        for file in record.facts["files"]
        if file["name"] != image
    ]
    track = _image(image, node.spec, record, songs, plan)
    asked = _format(node, nodes, plan)
    album = describe_album(deliverable.spec.songs[0], songs)
    return build_delivery_document(album, asked, (track,), tuple(others))


def _is_image(name: str, spec: DiscSpec) -> bool:
    return name == IMAGE if spec.format == "ddp" else name.endswith(f".{spec.cd.container}")


def _image(name: str, spec: DiscSpec, record: Record, songs: list[Finished], plan: Plan) -> DeliveredTrack:
    """The image of a cue sheet begins behind the pause that burners add. Raw samples are the whole of a file."""
    layout = build_layout(spec.cd, [song.audio.frames for song in songs])
    left_out = 0 if spec.format == "ddp" else FIRST_PREGAP_CD_FRAMES * CD_FRAME_SAMPLES
    frames = layout.lead_out_cd_frame * CD_FRAME_SAMPLES - left_out
    artifact = record.outputs[name]
    is_raw = spec.format == "ddp" or spec.cd.container == "bin"
    return DeliveredTrack(
        name=name,
        size_bytes=artifact.size_bytes,
        sha256=artifact.digest,
        audio_sha256=artifact.digest if is_raw else None,
        title=spec.cd.title,
        artists=(spec.cd.performer,),
        disc=1,
        disc_total=1,
        track=1,
        track_total=1,
        frames=frames,
        duration_seconds=frames / CD_RATE_HZ,
        integrated_lufs=pooled_lufs(songs),
        true_peak_dbtp=highest_peak_dbtp(songs),
        songs=tuple(
            place_song(plan, song, place.start_frame - left_out)
            for song, place in zip(songs, layout.songs, strict=True)
        ),
    )


def _format(node: Node, nodes: Mapping[str, Node], plan: Plan) -> DeliveredFormat:
    spec, finish, match = node.spec, nodes[node.needs[0].node].spec, match_spec(plan)
    assert isinstance(spec, DiscSpec)
    assert isinstance(finish, FinishSpec)
    return DeliveredFormat(
        format=spec.format,
        rate_hz=CD_RATE_HZ,
        ceiling_dbtp=finish.ceiling_dbtp,
        target_lufs=match.loudness_lufs,
        loudness_mode=match.loudness_mode,
        bits=_BITS,
        dither=spec.cd.dither,
        continuous=True,
    )
