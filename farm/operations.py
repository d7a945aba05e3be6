"""What each kind of node does: from its spec and what it reads to what it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from farm.album.match import match_songs, trim_facts
from farm.console.group import render_group
from farm.console.mix import render_mix
from farm.deliver.assemble import assemble
from farm.deliver.lossy import encode_under_ceiling
from farm.graph.task import Operation, Outcome
from farm.master.chain import render_master
from farm.master.finish import finish_song
from farm.measure.files import measure_file
from farm.plan.spec import AssembleSpec, EncodeSpec, FinishSpec, GroupSpec, MasterSpec, MatchSpec, MixSpec
from farm.records import Artifact, measurement_from
from farm.store.digests import sha256_of_file
from farm.store.local import LocalStore

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
    references = spec.tone.references if spec.tone else ()
    measured = [measure_file(Path(reference.file.path)).measurement for reference in references]
    return Outcome(facts={"trims": trim_facts(match_songs(spec, songs, measured))})


def _finish(spec: FinishSpec, reads: Sequence[Any], store: LocalStore) -> Outcome:
    master, trim = reads
    goal_lufs, tone_db = trim["goal_lufs"], tuple(trim["tone_db"])
    finished = finish_song(spec, master[AUDIO], store, goal_lufs=goal_lufs, tone_db=tone_db)
    facts = {
        "measurement": asdict(finished.measurement),
        "driven": asdict(finished.driven),
        "goal_lufs": goal_lufs,
        "tone_db": list(tone_db),
    }
    return Outcome({AUDIO: finished.audio}, facts)


def _encode(spec: EncodeSpec, reads: Sequence[Any], store: LocalStore) -> Outcome:
    outputs, exact_bits = reads
    audio: Artifact = outputs[AUDIO]
    with store.scratch_file() as target, store.scratch_file() as scratch:
        encoded = encode_under_ceiling(
            spec,
            store.blob_path(audio.digest),
            target,
            frames=audio.frames,
            rate_hz=audio.rate_hz,
            exact_bits=exact_bits,
            scratch=scratch,
        )
        digest = sha256_of_file(target)
        size_bytes = store.adopt_blob(target, digest)
    return Outcome({FILE: Artifact(digest, size_bytes)}, {"encoded": asdict(encoded)})


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
    "assemble": _assemble,
}
