"""Layers of settings made one: defaults of the album, then the preset, then what the strip or master says itself."""

from collections.abc import Sequence
from pathlib import Path

from farm.manifest.album import Tone
from farm.manifest.document import Document
from farm.manifest.files import expand_path
from farm.manifest.models import Manifest
from farm.manifest.song import Master, Send, Song, Strip, StripSettings

_CHAINED = ("inserts", "sends")
_REPLACED = tuple(key for key in StripSettings.model_fields if key not in _CHAINED)


def resolve_manifest(manifest: Manifest, document: Document, audio: Path | None) -> Manifest:
    """Return the manifest with every setting where it takes effect and every path absolute."""
    folder = document.folder(())
    album, target = manifest.album, manifest.target
    if album.cover:
        album = album.model_copy(update={"cover": expand_path(folder, album.cover)})
    if target.tone:
        target = target.model_copy(update={"tone": _resolve_tone(target.tone, folder)})
    songs = [
        _resolve_song(song, manifest, audio or document.folder(("song", index, "strip")))
        for index, song in enumerate(manifest.songs)
    ]
    deliver = [each.filled_in(rate_hz=album.rate_hz, ceiling_dbtp=target.ceiling_dbtp) for each in manifest.deliver]
    return manifest.model_copy(update={"album": album, "target": target, "songs": songs, "deliver": deliver})


def _resolve_tone(tone: Tone, folder: Path) -> Tone:
    if tone.reference == "album":
        return tone
    files = [each.model_copy(update={"file": expand_path(folder, each.file)}) for each in tone.reference]
    return tone.model_copy(update={"reference": files})


def _resolve_song(song: Song, manifest: Manifest, stems: Path) -> Song:
    return song.model_copy(
        update={
            "artist": song.artist or manifest.album.artist,
            "strips": [resolve_strip(strip, manifest, stems) for strip in song.strips],
            "master": resolve_master(song.master, manifest),
        }
    )


def resolve_strip(strip: Strip, manifest: Manifest, stems: Path) -> Strip:
    """Return a strip with what the defaults and its preset say; its stem is looked for in the folder `stems`."""
    layers: list[StripSettings] = [manifest.defaults.strip, strip]
    if strip.preset is not None:
        layers.insert(1, manifest.preset[strip.preset])
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
    chain = [*defaults.inserts, *(manifest.preset[preset].inserts if preset else ()), *master.inserts]
    return master.model_copy(update={"preset": preset, "inserts": chain})


def _merge_sends(layers: Sequence[StripSettings]) -> list[Send]:
    """A send keeps the place where its return was first named, and takes the level that was named last."""
    return list({send.to: send for layer in layers for send in layer.sends}.values())
