"""Layers of settings made one: defaults of the album, then the preset, then what the strip or master says itself."""

from collections.abc import Sequence
from pathlib import Path

from farm.manifest.builtin_presets import find_preset
from farm.manifest.document import Document
from farm.manifest.files import expand_path
from farm.manifest.models import Manifest
from farm.manifest.song import Edges, Master, Send, Song, Strip, StripSettings
from farm.manifest.target import References, Target
from farm.manifest.targets import load_targets

_CHAINED = ("inserts", "sends")
_REPLACED = tuple(key for key in StripSettings.model_fields if key not in _CHAINED)


def resolve_manifest(manifest: Manifest, document: Document, audio: Path | None) -> Manifest:
    """Return the manifest with every setting where it takes effect and every path absolute."""
    folder = document.folder(())
    album, target = manifest.album, resolve_target(manifest.target, folder)
    if album.cover:
        album = album.model_copy(update={"cover": expand_path(folder, album.cover)})
    songs = [
        _resolve_song(song, manifest, audio or document.folder(("song", index, "strip")))
        for index, song in enumerate(manifest.songs)
    ]
    deliver = [each.filled_in(rate_hz=album.rate_hz, ceiling_dbtp=target.ceiling_dbtp) for each in manifest.deliver]
    return manifest.model_copy(update={"album": album, "target": target, "songs": songs, "deliver": deliver})


def resolve_target(target: Target, folder: Path) -> Target:
    """Return a target with what its name stands for, and the references of each kind of matching."""
    said = load_targets()[target.name].settings() if target.name else {}
    update = {key: value for key, value in said.items() if key not in target.model_fields_set}
    update["reference"] = _resolve_references(target.reference, folder)
    for key in ("tone", "width", "dynamics"):
        if kind := getattr(target, key):
            own = update["reference"] if kind.reference is None else _resolve_references(kind.reference, folder)
            update[key] = kind.model_copy(update={"reference": own})
    return target.model_copy(update=update)


def _resolve_references(references: References, folder: Path) -> References:
    if references == "album":
        return references
    return [each.model_copy(update={"file": expand_path(folder, each.file)}) for each in references]


def _resolve_song(song: Song, manifest: Manifest, stems: Path) -> Song:
    return song.model_copy(
        update={
            "artist": song.artist or manifest.album.artist,
            "strips": [resolve_strip(strip, manifest, stems) for strip in song.strips],
            "master": resolve_master(song.master, manifest),
            "edges": _resolve_edges(song.edges, manifest.defaults.edges),
        }
    )


def resolve_strip(strip: Strip, manifest: Manifest, stems: Path) -> Strip:
    """Return a strip with what the defaults and its preset say; its stem is looked for in the folder `stems`."""
    layers: list[StripSettings] = [manifest.defaults.strip, strip]
    if strip.preset is not None:
        layers.insert(1, find_preset(strip.preset, manifest.preset))
    said = {key: getattr(layer, key) for layer in layers for key in _REPLACED if key in layer.model_fields_set}
    chains = {
        "inserts": [insert for layer in layers for insert in layer.inserts],
        "sends": _merge_sends(layers),
    }
    stem = expand_path(stems, strip.stem) if strip.stem else None
    clips = [clip.model_copy(update={"file": expand_path(stems, clip.file)}) for clip in strip.clips]
    return strip.model_copy(update={**said, **chains, "stem": stem, "clips": clips})


def resolve_master(master: Master, manifest: Manifest) -> Master:
    """Return a master with the inserts of the defaults, of its preset (else the defaults' preset), and its own."""
    defaults = manifest.defaults.master
    preset = master.preset or defaults.preset
    chain = [*defaults.inserts, *(find_preset(preset, manifest.preset).inserts if preset else ()), *master.inserts]
    return master.model_copy(update={"preset": preset, "inserts": chain})


def _resolve_edges(edges: Edges, defaults: Edges) -> Edges:
    return defaults.model_copy(update={key: getattr(edges, key) for key in edges.model_fields_set})


def _merge_sends(layers: Sequence[StripSettings]) -> list[Send]:
    """A send keeps the place where its return was first named, and takes the level that was named last."""
    return list({send.to: send for layer in layers for send in layer.sends}.values())
