"""Putting what a render made into the output folder: deliverables with their papers, or songs to be listened to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.deliver.assemble import AssembledFile, assemble
from farm.deliver.delivery_document import DeliveryDocument, document_publication, settle_document
from farm.deliver.heard import write_heard
from farm.deliver.papers import album_papers, describe
from farm.deliver.publish import Publication, publish
from farm.errors import DeliveryError
from farm.graph.task import Failed, Made, Result
from farm.plan.choice import Stage
from farm.plan.node import Plan, PlannedDeliverable, PlannedSong
from farm.records import Record
from farm.report.summary import DeliveredFile
from farm.store.digests import FileDigests
from farm.store.local import LocalStore

HEARD_FOLDERS: Mapping[Stage, str] = {"mix": "mixes", "master": "masters", "finish": "finished"}
"""Where in the output folder the songs lie that are to be listened to."""

Results = Mapping[str, Result]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The files that are in their places, and why others are not."""

    files: tuple[DeliveredFile, ...] = ()
    failures: tuple[Failed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Placed:
    files: tuple[DeliveredFile, ...]
    document: DeliveryDocument | None


def deliver_album(plan: Plan, results: Results, store: LocalStore, out: Path, *, whole: bool) -> Delivery:
    """Put all deliverables into their folders, with their documents, and the album's papers beside them.

    What is made of the album at once is left as it is unless the `whole` album was asked for. A deliverable that cannot
    be put in its place is a failure, and the others are delivered. Raises StoreError for a damaged artifact.
    """
    digests = FileDigests(store.digest_memory)
    files: list[DeliveredFile] = []
    failures: list[Failed] = []
    documents: dict[str, DeliveryDocument] = {}
    for deliverable in plan.deliverables:
        if deliverable.whole and not whole:
            continue
        try:
            placed = _place(plan, deliverable, results, store, out / deliverable.folder, digests)
        except DeliveryError as error:
            failures.append(_failed(f"deliver:{deliverable.folder}", error))
            continue
        files += placed.files
        if placed.document:
            documents[deliverable.folder] = placed.document
    if papers := album_papers(documents):
        try:
            publish(out, papers, digest_of_file=digests.sha256, complete=False)
        except DeliveryError as error:
            failures.append(_failed("deliver:papers", error))
    return Delivery(tuple(files), tuple(failures))


def deliver_heard(
    songs: Sequence[PlannedSong], heard: Mapping[int, str], until: Stage, results: Results, store: LocalStore, out: Path
) -> Iterator[DeliveredFile]:
    """Put the songs' sound at a stage into the output folder; `heard` are the nodes that leave it, by song."""
    digests = FileDigests(store.digest_memory)
    for song in songs:
        made = results[heard[song.number]]
        if isinstance(made, Made):
            audio = made.record.outputs["audio" if until != "finish" else str(song.place)]
            path = write_heard(out / HEARD_FOLDERS[until], song.number, song.title, audio, store)
            yield DeliveredFile(path, "wav", song.number, digests.sha256(path), None)


def _place(
    plan: Plan,
    deliverable: PlannedDeliverable,
    results: Results,
    store: LocalStore,
    folder: Path,
    digests: FileDigests,
) -> _Placed:
    """Put one deliverable into its folder; nothing happens if nothing of it was made."""
    records = {node_id: result.record for node_id, result in results.items() if isinstance(result, Made)}
    assembled = [] if deliverable.whole == "disc" else _assembled(deliverable, records)
    document = describe(plan, deliverable, assembled, records)
    if document is None:
        return _Placed((), None)
    if deliverable.whole == "disc":
        publications, files, complete = *_disc(deliverable, records, store, folder), True
    else:
        publications, files = _songs(deliverable, assembled, records, store, folder)
        complete = len(files) == len(deliverable.encodes)
    document = settle_document(document, folder, complete=complete)
    publications = [*publications, document_publication(document)]
    publish(folder, publications, digest_of_file=digests.sha256, complete=complete)
    return _Placed(tuple(files), document)


def _songs(
    deliverable: PlannedDeliverable,
    assembled: Sequence[AssembledFile],
    records: Mapping[str, Record],
    store: LocalStore,
    folder: Path,
) -> tuple[list[Publication], list[DeliveredFile]]:
    made = [(file, records[deliverable.encodes[file.song]]) for file in assembled]
    publications = [
        Publication(store.blob_path(record.outputs["file"].digest), file.name, file.sha256) for file, record in made
    ]
    files = [
        DeliveredFile(
            path=folder / file.name,
            format=deliverable.format,
            song=None if deliverable.whole else file.song,
            sha256=file.sha256,
            audio_sha256=record.facts["encoded"]["audio_sha256"],
        )
        for file, record in made
    ]
    return publications, files


def _disc(
    deliverable: PlannedDeliverable, records: Mapping[str, Record], store: LocalStore, folder: Path
) -> tuple[list[Publication], list[DeliveredFile]]:
    record = records[deliverable.assemble]
    listed = record.facts["files"]
    publications = [
        Publication(store.blob_path(record.outputs[file["name"]].digest), file["name"], file["sha256"])
        for file in listed
    ]
    files = [DeliveredFile(folder / file["name"], deliverable.format, None, file["sha256"], None) for file in listed]
    return publications, files


def _assembled(deliverable: PlannedDeliverable, records: Mapping[str, Record]) -> list[AssembledFile]:
    """Return the deliverable's files: as assembled, or named one by one when only some songs were asked for."""
    if record := records.get(deliverable.assemble):
        return [AssembledFile(**facts) for facts in record.facts["files"]]
    made = {number: records[node_id] for number, node_id in deliverable.encodes.items() if node_id in records}
    return assemble(deliverable.spec, {number: record.outputs["file"].digest for number, record in made.items()})


def _failed(node: str, error: DeliveryError) -> Failed:
    return Failed(node, node, error.code, error.message, error.hint, error.where)
