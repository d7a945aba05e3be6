"""From the manifest to the plan: everything filled in, nothing run."""

from collections.abc import Callable, Sequence
from pathlib import Path

from farm.manifest.album import Deliver, Tone
from farm.manifest.formats import FORMATS
from farm.manifest.load import LoadedAlbum
from farm.manifest.models import Manifest
from farm.manifest.song import Song
from farm.plan.inputs import Inputs
from farm.plan.node import Need, Node, Plan, PlannedDeliverable, PlannedSong
from farm.plan.song import master_id, song_nodes
from farm.plan.spec import AssembleSpec, EncodeSpec, FinishSpec, MatchSpec, ReferenceSpec, TagSpec, ToneSpec

MATCH = "match"


def build_plan(loaded: LoadedAlbum, digest_of_file: Callable[[Path], str]) -> Plan:
    """Return the plan of an album. Every input file is hashed; raises AudioError when one cannot be read."""
    manifest, inputs = loaded.manifest, Inputs(digest_of_file)
    songs = list(enumerate(manifest.songs, start=1))
    tags = [_tags(number, song, manifest, inputs) for number, song in songs]
    nodes = [node for number, song in songs for node in song_nodes(number, song, manifest.album.rate_hz, inputs)]
    nodes.append(_match_node(manifest, inputs))
    finishes: dict[str, Node] = {}
    encodes: list[Node] = []
    assembles: list[Node] = []
    deliverables: list[PlannedDeliverable] = []
    for deliver in manifest.deliver:
        folder = deliver.folder_for(manifest.album.rate_hz)
        finish = [_finish_node(number, song.title, deliver, manifest) for number, song in songs]
        finishes |= {node.id: node for node in finish}
        encode = [_encode_node(song, deliver, manifest, of) for song, of in zip(tags, finish, strict=True)]
        encodes += encode
        spec = AssembleSpec(deliver.format, deliver.name, tuple(tags))
        assembles.append(_assemble_node(folder, spec, encode))
        encode_ids = {number: node.id for number, node in enumerate(encode, start=1)}
        deliverables.append(PlannedDeliverable(deliver.format, folder, assembles[-1].id, encode_ids, spec))
    first = manifest.deliver[0]
    return Plan(
        album=manifest.album.title,
        path=str(loaded.path),
        songs=tuple(PlannedSong(number, song.title, song.isrc, song.gap_seconds) for number, song in songs),
        deliverables=tuple(deliverables),
        nodes=(*nodes, *finishes.values(), *encodes, *assembles),
        finishes={number: _finish_node(number, song.title, first, manifest).id for number, song in songs},
    )


def _match_node(manifest: Manifest, inputs: Inputs) -> Node:
    target = manifest.target
    spec = MatchSpec(target.loudness_lufs, target.loudness_mode, target.max_spread_lu, _tone(target.tone, inputs))
    needs = [
        Need(master_id(number), "facts.measurement", optional=True) for number in range(1, len(manifest.songs) + 1)
    ]
    return Node(MATCH, "match", "match the songs", None, spec, tuple(needs))


def _tone(tone: Tone | None, inputs: Inputs) -> ToneSpec | None:
    if tone is None or tone.amount == 0 or tone.max_db == 0:
        return None
    listed = [] if tone.reference == "album" else tone.reference
    references = tuple(ReferenceSpec(inputs.spec(each.file), each.weight) for each in listed)
    return ToneSpec(references, tone.amount, tone.max_db, tone.low_hz, tone.high_hz)


def _finish_node(number: int, title: str, deliver: Deliver, manifest: Manifest) -> Node:
    rate_hz, ceiling_dbtp = _rate_hz(deliver, manifest), _ceiling_dbtp(deliver, manifest)
    node_id = f"finish:{number}@{rate_hz}" + (
        f":{ceiling_dbtp:g}dbtp" if ceiling_dbtp != manifest.target.ceiling_dbtp else ""
    )
    needs = (Need(master_id(number)), Need(MATCH, f"facts.trims.{number}"))
    return Node(node_id, "finish", f"{title}: finish", number, FinishSpec(rate_hz, ceiling_dbtp), needs)


def _encode_node(tags: TagSpec, deliver: Deliver, manifest: Manifest, finish: Node) -> Node:
    form, folder = FORMATS[deliver.format], deliver.folder_for(manifest.album.rate_hz)
    spec = EncodeSpec(
        format=deliver.format,
        bits=deliver.bits or form.default_bits,
        bitrate_kbps=deliver.bitrate_kbps or form.default_bitrate_kbps,
        dither=deliver.dither,
        ceiling_dbtp=_ceiling_dbtp(deliver, manifest),
        tags=tags,
    )
    number = tags.track_number
    needs = (Need(finish.id), Need(finish.id, "facts.measurement.exact_bits"))
    return Node(f"encode:{number}:{folder}", "encode", f"{tags.title}: {folder}", number, spec, needs)


def _assemble_node(folder: str, spec: AssembleSpec, encode: Sequence[Node]) -> Node:
    needs = tuple(Need(node.id, optional=True) for node in encode)
    return Node(f"assemble:{folder}", "assemble", f"{folder}: names, checksums", None, spec, needs)


def _tags(number: int, song: Song, manifest: Manifest, inputs: Inputs) -> TagSpec:
    album = manifest.album
    return TagSpec(
        title=song.title,
        artist=song.artist or album.artist,
        album=album.title,
        album_artist=album.artist,
        track_number=number,
        track_total=len(manifest.songs),
        isrc=song.isrc,
        upc=album.upc,
        composer=song.composer,
        label=album.label,
        catalogue_number=album.catalogue_number,
        copyright=album.copyright,
        genre=album.genre,
        year=album.year,
        cover=inputs.spec(album.cover) if album.cover else None,
    )


def _rate_hz(deliver: Deliver, manifest: Manifest) -> int:
    return deliver.rate_hz or manifest.album.rate_hz


def _ceiling_dbtp(deliver: Deliver, manifest: Manifest) -> float:
    return manifest.target.ceiling_dbtp if deliver.ceiling_dbtp is None else deliver.ceiling_dbtp
