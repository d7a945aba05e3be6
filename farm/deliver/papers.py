"""What goes with the audio: each deliverable's document, and at the root what distributors and catalogues read."""

from collections.abc import Mapping, Sequence

from farm.deliver.assemble import AssembledFile
from farm.deliver.delivered import describe_deliverable
from farm.deliver.delivered_disc import describe_disc
from farm.deliver.delivery_document import DeliveryDocument
from farm.deliver.metadata_sheet import SHEET_NAME, build_metadata_sheet
from farm.deliver.publish import Publication
from farm.deliver.release_description import DESCRIPTION_NAME, build_release_description
from farm.plan.node import Plan, PlannedDeliverable
from farm.records import Record


def describe(
    plan: Plan, deliverable: PlannedDeliverable, files: Sequence[AssembledFile], records: Mapping[str, Record]
) -> DeliveryDocument | None:
    """Return the document of a deliverable, None if nothing of it was made.

    `files` are those of the songs that were made, () for a disc; `records` those of all nodes that were made, by id.
    """
    if deliverable.whole == "disc":
        return describe_disc(plan, deliverable, records)
    return describe_deliverable(plan, deliverable, files, records)


def album_papers(documents: Mapping[str, DeliveryDocument]) -> tuple[Publication, ...]:
    """Return the files for the root; `documents` are those of the deliverables by folder, in the manifest's order.

    The sheet names the files that a distributor takes: those of the first lossless deliverable that has a file for each
    song, else of the first such deliverable; without any there is nothing to tell.
    """
    by_song = {folder: each for folder, each in documents.items() if not any(file.songs for file in each.files)}
    lossless = {folder: each for folder, each in by_song.items() if each.deliverable.bits}
    for folder, document in (lossless or by_song).items():
        return (
            Publication.of_bytes(SHEET_NAME, build_metadata_sheet(document, folder)),
            Publication.of_bytes(DESCRIPTION_NAME, build_release_description(document)),
        )
    return ()
