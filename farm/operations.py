"""What each kind of node does: from its spec and what it reads to what it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from farm.album.asked import asked_facts
from farm.album.frozen import decide_songs
from farm.album.match import trim_facts
from farm.console.group import render_group
from farm.console.mix import render_mix
from farm.deliver.assemble import assemble
from farm.deliver.cd_master import write_cue_master, write_ddp_master
from farm.deliver.codec_trip import codec_round_trip
from farm.deliver.continuous import encode_continuous
from farm.deliver.encode import Encoded, Part
from farm.deliver.lossy import encode_under_ceiling
from farm.deliver.song_facts import album_facts, song_facts
from farm.graph.task import Operation, Outcome
from farm.master.chain import render_master
from farm.master.finish import finish_run
from farm.master.stretch import Take
from farm.measure.files import measure_file
from farm.plan.cd import DiscSpec
from farm.plan.inputs import check_unchanged
from farm.plan.match_spec import MatchSpec, ReferenceSpec, references_of
from farm.plan.spec import (
    AssembleSpec,
    CodecTripSpec,
    ContinuousSpec,
    EncodeSpec,
    FinishSpec,
    GroupSpec,
    MasterSpec,
    MixSpec,
)
from farm.records import Artifact, Measurement, digest_of, measurement_from, trim_from
from farm.store.digests import sha256_of_file
from farm.store.local import LocalStore
from farm.store.quarantine import checked_blob

AUDIO, FILE = "audio", "file"

Outputs = Mapping[str, Artifact]
Facts = Mapping[str, Any]


def _group(spec: GroupSpec, reads: Sequence[Any], store: LocalStore) -> Outcome:
    group = render_group(spec, store)
    return Outcome(group.outputs, {"silent": list(group.silent)})


def _mix(spec: MixSpec, groups: Sequence[Outputs], store: LocalStore) -> Outcome:
    return Outcome({AUDIO: render_mix(spec, groups, store)})


def _master(spec: MasterSpec, reads: Sequence[Outputs], store: LocalStore) -> Outcome:
    audio, measurement = render_master(spec, reads[0][AUDIO], store)
    return Outcome({AUDIO: audio}, {"measurement": asdict(measurement)})


def _match(spec: MatchSpec, measurements: Sequence[Facts | None], store: LocalStore) -> Outcome:
    songs = {number: measurement_from(facts) for number, facts in enumerate(measurements, start=1) if facts}
    references = {each: _measure_reference(each) for each in references_of(spec)}
    facts = {str(number): asdict(measured) for number, measured in enumerate(references.values(), start=1)}
    decided = decide_songs(spec, songs, references)
    return Outcome(
        facts={
            "trims": trim_facts(decided.trims),
            "today": trim_facts(decided.today),
            "asked": asked_facts(decided.asked),
            "album_lufs": decided.album_lufs,
            "references": facts,
        }
    )


def _measure_reference(reference: ReferenceSpec) -> Measurement:
    path = Path(reference.file.path)
    measured = measure_file(path, from_seconds=reference.from_seconds, to_seconds=reference.to_seconds)
    check_unchanged(reference.file)
    return measured.measurement


def _finish(spec: FinishSpec, reads: Sequence[Any], store: LocalStore) -> Outcome:
    takes = [
        Take(take, outputs[AUDIO], trim_from(trim))
        for take, outputs, trim in zip(spec.takes, reads[::2], reads[1::2], strict=True)
    ]
    finished = finish_run(spec, takes, store)
    songs = {
        str(place): {"measurement": asdict(song.measurement), "trim": asdict(take.trim)}
        for place, (song, take) in enumerate(zip(finished.songs, takes, strict=True))
    }
    outputs = {str(place): song.audio for place, song in enumerate(finished.songs)}
    return Outcome(outputs, {"songs": songs, "driven": asdict(finished.driven)})


def _encode(spec: EncodeSpec, reads: Sequence[Any], store: LocalStore) -> Outcome:
    album_lufs, audio, measurement = reads
    measured = measurement_from(measurement)
    with store.scratch_file() as target, store.scratch_file() as scratch:
        encoded = encode_under_ceiling(
            spec,
            checked_blob(store, audio),
            target,
            frames=audio.frames,
            rate_hz=audio.rate_hz,
            exact_bits=measured.exact_bits,
            scratch=scratch,
            facts=song_facts(measured, album_lufs=album_lufs, audio_digest=audio.digest),
        )
        return _encoded(target, encoded, store)


def _continuous(spec: ContinuousSpec, reads: Sequence[Any], store: LocalStore) -> Outcome:
    album_lufs, songs, measurements = reads[0], reads[1::2], [measurement_from(each) for each in reads[2::2]]
    parts = [
        Part(checked_blob(store, audio), audio.frames, measured.exact_bits, gap_frames)
        for audio, measured, gap_frames in zip(songs, measurements, spec.gaps_frames, strict=True)
    ]
    facts = album_facts(measurements, album_lufs=album_lufs, audio_digest=digest_of([each.digest for each in songs]))
    with store.scratch_file() as target, store.scratch_file() as whole, store.scratch_file() as scratch:
        encoded = encode_continuous(
            spec.encode, parts, target, rate_hz=songs[0].rate_hz, whole=whole, scratch=scratch, facts=facts
        )
        return _encoded(target, encoded, store)


def _encoded(target: Path, encoded: Encoded, store: LocalStore) -> Outcome:
    digest = sha256_of_file(target)
    size_bytes = store.adopt_blob(target, digest)
    return Outcome({FILE: Artifact(digest, size_bytes)}, {"encoded": asdict(encoded)})


def _codec(spec: CodecTripSpec, reads: Sequence[Artifact], store: LocalStore) -> Outcome:
    (audio,) = reads
    with store.scratch_file() as scratch:
        trip = codec_round_trip(
            checked_blob(store, audio),
            frames=audio.frames,
            rate_hz=audio.rate_hz,
            codec=spec.codec,
            bitrate_kbps=spec.bitrate_kbps,
            scratch=scratch,
        )
    return Outcome(facts={"trip": asdict(trip)})


def _disc(spec: DiscSpec, reads: Sequence[Any], store: LocalStore) -> Outcome:
    songs = [(audio, measurement_from(facts)) for audio, facts in zip(reads[::2], reads[1::2], strict=True)]
    parts = [Part(checked_blob(store, audio), audio.frames, measured.exact_bits) for audio, measured in songs]
    write = write_ddp_master if spec.format == "ddp" else write_cue_master
    with store.scratch_folder() as folder:
        master = write(spec.cd, parts, folder)
        for file in master.files:
            store.adopt_blob(folder / file.name, file.sha256)
    outputs = {file.name: Artifact(file.sha256, file.size_bytes) for file in master.files}
    facts = {
        "files": [{"name": file.name, "sha256": file.sha256} for file in master.files],
        "warnings": [problem.message for problem in master.warnings],
    }
    return Outcome(outputs, facts)


def _assemble(spec: AssembleSpec, files: Sequence[Outputs | None], store: LocalStore) -> Outcome:
    digests = {number: outputs[FILE].digest for number, outputs in enumerate(files, start=1) if outputs}
    return Outcome(facts={"files": [asdict(file) for file in assemble(spec, digests)]})


OPERATIONS: Mapping[str, Operation] = {
    "group": _group,
    "mix": _mix,
    "master": _master,
    "match": _match,
    "finish": _finish,
    "encode": _encode,
    "continuous": _continuous,
    "codec": _codec,
    "disc": _disc,
    "assemble": _assemble,
}
