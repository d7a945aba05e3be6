"""From the deliverables of an album to the nodes that finish, encode and assemble."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from farm import __version__
from farm.manifest.album import Album, Deliver
from farm.manifest.models import Manifest
from farm.manifest.song import Song
from farm.plan.disc import disc_spec, songs_on_disc
from farm.plan.inputs import Inputs
from farm.plan.node import Need, Node, PlannedDeliverable, Whole
from farm.plan.sequence import Run, take_specs
from farm.plan.song import master_id
from farm.plan.spec import AssembleSpec, CodecTripSpec, ContinuousSpec, EncodeSpec, FinishSpec, LimiterSpec, TagSpec

MATCH = "match"

_ALBUM_LOUDNESS = Need(MATCH, "facts.album_lufs")
"""What players level an album by is written into each of its files."""

_CONTINUOUS_NAME = "{artist} - {album}.{ext}"
_NAME_ON_DISCS = "{disc}-{number:02} {title}.{ext}"


@dataclass(frozen=True, slots=True)
class FinishedSong:
    """Where a song is once it is finished: the node, and its place among the songs of that node."""

    number: int
    title: str
    node: Node
    place: int

    def needs(self) -> tuple[Need, Need]:
        """Return the needs of what encodes it: its audio, and what it measures."""
        return Need(self.node.id, f"outputs.{self.place}"), Need(self.node.id, f"facts.songs.{self.place}.measurement")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One deliverable with all that is run for it; two that share a rate and a ceiling share their finish nodes."""

    planned: PlannedDeliverable
    finishes: tuple[Node, ...]
    encodes: tuple[Node, ...]
    assemble: Node | None
    songs: tuple[FinishedSong, ...]


def plan_delivery(deliver: Deliver, manifest: Manifest, runs: Sequence[Run], tags: Sequence[TagSpec]) -> Delivery:
    """Return how one deliverable is made."""
    folder = deliver.folder_for(manifest.album.rate_hz)
    finishes = [_finish_node(run, deliver, manifest) for run in runs]
    songs = tuple(
        FinishedSong(number, tags[number - 1].title, node, place)
        for run, node in zip(runs, finishes, strict=True)
        for place, number in enumerate(run)
    )
    if deliver.is_disc:
        return _disc_delivery(deliver, manifest, runs, tags, finishes, songs)
    if deliver.continuous:
        encodes = [_continuous_node(songs, deliver, manifest, tags)]
        spec = AssembleSpec(deliver.format, _name(deliver, _CONTINUOUS_NAME), (_album_tags(tags),))
    else:
        encodes = [_encode_node(song, tags[song.number - 1], deliver, manifest) for song in songs]
        usual = _NAME_ON_DISCS if tags[0].disc_total > 1 else deliver.name
        spec = AssembleSpec(deliver.format, _name(deliver, usual), tuple(tags))
    assemble = _assemble_node(folder, spec, encodes)
    encode_ids = {number: node.id for number, node in enumerate(encodes, start=1)}
    whole: Whole = "continuous" if deliver.continuous else None
    planned = PlannedDeliverable(deliver.format, folder, assemble.id, encode_ids, spec, whole)
    return Delivery(planned, tuple(finishes), tuple(encodes), assemble, songs)


def _disc_delivery(
    deliver: Deliver,
    manifest: Manifest,
    runs: Sequence[Run],
    tags: Sequence[TagSpec],
    finishes: Sequence[Node],
    songs: tuple[FinishedSong, ...],
) -> Delivery:
    """A disc is one node: all of its files are made together, and have the names that plants look for."""
    folder, numbers = deliver.folder_for(manifest.album.rate_hz), songs_on_disc(deliver, manifest.songs)
    needs = tuple(need for song in songs if song.number in numbers for need in song.needs())
    spec = disc_spec(deliver, manifest, runs, tags)
    node = Node(f"disc:{folder}", "disc", f"the disc: {folder}", None, spec, needs)
    used = {need.node for need in needs}
    kept = tuple(finish for finish in finishes if finish.id in used)
    names = AssembleSpec(deliver.format, "", (_album_tags(tags),))
    planned = PlannedDeliverable(deliver.format, folder, node.id, {1: node.id}, names, whole="disc")
    return Delivery(planned, kept, (node,), None, songs)


def _name(deliver: Deliver, usual: str) -> str:
    """Return the template of its files' names: the manifest's, if that has one."""
    return deliver.name if "name" in deliver.model_fields_set else usual


def codec_trip_nodes(songs: Sequence[FinishedSong], manifest: Manifest) -> Iterator[Node]:
    """Yield a trial of each song, where the target asks for one."""
    check = manifest.target.translation
    if check.enabled and check.codec:
        spec = CodecTripSpec(check.codec, check.codec_kbps)
        for song in songs:
            label = f"{song.title}: through {check.codec}"
            needs = (Need(song.node.id, f"outputs.{song.place}"),)
            yield Node(f"codec:{song.number}", "codec", label, song.number, spec, needs)


def tag_specs(manifest: Manifest, inputs: Inputs) -> list[TagSpec]:
    """Return what is written into the files of each song."""
    return [_tags(number, song, manifest, inputs) for number, song in enumerate(manifest.songs, start=1)]


def _finish_node(run: Run, deliver: Deliver, manifest: Manifest) -> Node:
    rate_hz, ceiling_dbtp = _rate_hz(deliver, manifest), _ceiling_dbtp(deliver, manifest)
    own_ceiling = f":{ceiling_dbtp:g}dbtp" if ceiling_dbtp != manifest.target.ceiling_dbtp else ""
    tone = manifest.target.tone
    spec = FinishSpec(
        rate_hz=rate_hz,
        ceiling_dbtp=ceiling_dbtp,
        limiter=LimiterSpec(**manifest.target.limiter.model_dump()),
        tone_phase=tone.phase if tone else "minimum",
        takes=take_specs(run, manifest.songs),
    )
    needs = [need for number in run for need in (Need(master_id(number)), Need(MATCH, f"facts.trims.{number}"))]
    title = manifest.songs[run[0] - 1].title + (f" and {len(run) - 1} more" if len(run) > 1 else "")
    return Node(f"finish:{run[0]}@{rate_hz}{own_ceiling}", "finish", f"{title}: finish", run[0], spec, tuple(needs))


def _encode_node(song: FinishedSong, tags: TagSpec, deliver: Deliver, manifest: Manifest) -> Node:
    folder, spec = deliver.folder_for(manifest.album.rate_hz), _encode_spec(tags, deliver, manifest)
    node_id, label = f"encode:{song.number}:{folder}", f"{tags.title}: {folder}"
    return Node(node_id, "encode", label, song.number, spec, (_ALBUM_LOUDNESS, *song.needs()))


def _continuous_node(
    songs: Sequence[FinishedSong], deliver: Deliver, manifest: Manifest, tags: Sequence[TagSpec]
) -> Node:
    """One file of all songs; the silences lie between runs, none behind the last."""
    rate_hz, folder = _rate_hz(deliver, manifest), deliver.folder_for(manifest.album.rate_hz)
    gaps = [
        round(manifest.songs[song.number - 1].gap_seconds * rate_hz) if song.node is not after.node else 0
        for song, after in pairwise(songs)
    ]
    spec = ContinuousSpec(_encode_spec(_album_tags(tags), deliver, manifest), (*gaps, 0))
    needs = (_ALBUM_LOUDNESS, *(need for song in songs for need in song.needs()))
    return Node(f"continuous:{folder}", "continuous", f"the album in one: {folder}", None, spec, needs)


def _encode_spec(tags: TagSpec, deliver: Deliver, manifest: Manifest) -> EncodeSpec:
    size = deliver.size
    return EncodeSpec(
        format=deliver.format,
        bits=size.bits,
        bitrate_kbps=size.bitrate_kbps,
        quality=size.quality,
        dither=deliver.dither,
        ceiling_dbtp=_ceiling_dbtp(deliver, manifest),
        id3=deliver.id3,
        limiter=LimiterSpec() if size.bits else LimiterSpec(**manifest.target.limiter.model_dump()),
        tags=tags,
    )


def _assemble_node(folder: str, spec: AssembleSpec, encodes: Sequence[Node]) -> Node:
    needs = tuple(Need(node.id, optional=True) for node in encodes)
    return Node(f"assemble:{folder}", "assemble", f"{folder}: names, checksums", None, spec, needs)


def _album_tags(tags: Sequence[TagSpec]) -> TagSpec:
    """Return the tags of a file that holds the whole album; what songs do not share is left out."""
    first = tags[0]
    return replace(
        first,
        title=first.album,
        version=None,
        artists=first.album_artists,
        track_number=1,
        track_total=1,
        disc_number=1,
        disc_total=1,
        composers=(),
        lyricists=(),
        isrc=None,
        advisory="explicit" if any(each.advisory == "explicit" for each in tags) else None,
        lyrics=None,
        musicbrainz_recording_id=None,
        musicbrainz_artist_id=first.musicbrainz_album_artist_id,
        genre=_shared(each.genre for each in tags),
        language=_shared(each.language for each in tags),
        phonographic=_shared(each.phonographic for each in tags),
    )


def _shared(texts: Iterable[str | None]) -> str | None:
    """Return the text if all are the same, else None."""
    distinct = set(texts)
    return distinct.pop() if len(distinct) == 1 else None


def _tags(number: int, song: Song, manifest: Manifest, inputs: Inputs) -> TagSpec:
    album = manifest.album
    return TagSpec(
        title=song.title,
        version=song.version,
        artists=song.artist or album.artist,
        album=album.title,
        album_artists=album.artist,
        track_number=sum(each.disc == song.disc for each in manifest.songs[:number]),
        track_total=sum(each.disc == song.disc for each in manifest.songs),
        disc_number=song.disc,
        disc_total=manifest.songs[-1].disc,
        composers=song.composer,
        lyricists=song.lyricist,
        isrc=song.isrc,
        upc=album.upc,
        catalogue_number=album.catalogue_number,
        label=album.label,
        copyright=album.copyright,
        phonographic=song.phonographic or album.phonographic,
        genre=song.genre or album.genre,
        date=album.release_date or (str(album.year) if album.year else None),
        language=song.language or album.language,
        advisory=song.advisory,
        lyrics=song.lyrics,
        musicbrainz_album_id=album.musicbrainz_album_id,
        musicbrainz_album_artist_id=album.musicbrainz_artist_id,
        musicbrainz_recording_id=song.musicbrainz_recording_id,
        musicbrainz_artist_id=song.musicbrainz_artist_id or _shared_artist_id(song, album),
        encoder=f"farm {__version__}",
        cover=inputs.spec(album.cover) if album.cover else None,
        cover_max_px=album.cover_max_px,
    )


def _shared_artist_id(song: Song, album: Album) -> str | None:
    """Return the album artist's identifier where the song's artist is the same."""
    return album.musicbrainz_artist_id if song.artist in (None, album.artist) else None


def _rate_hz(deliver: Deliver, manifest: Manifest) -> int:
    return deliver.rate_hz or manifest.album.rate_hz


def _ceiling_dbtp(deliver: Deliver, manifest: Manifest) -> float:
    return manifest.target.ceiling_dbtp if deliver.ceiling_dbtp is None else deliver.ceiling_dbtp
