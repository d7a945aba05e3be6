"""A compact disc's master: its layout, its image, and all that goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5, sha256
from pathlib import Path

from farm.deliver.cd_image import WrittenFile, write_image
from farm.deliver.cd_layout import CdLayout, RedBookProblem, build_layout, check_layout
from farm.deliver.cd_text import build_cd_text
from farm.deliver.cue import build_cue
from farm.deliver.ddp import CHECKSUMS, IMAGE, build_checksums, build_ddp
from farm.deliver.encode import Part
from farm.deliver.failure import explained
from farm.deliver.names import safe_name
from farm.deliver.pq_sheet import build_pq_sheet, format_html, format_text
from farm.manifest.red_book import FIRST_PREGAP_CD_FRAMES
from farm.manifest.transliteration import to_ascii
from farm.plan.cd import CdSpec

PQ_TEXT, PQ_PAGE = "PQ-SHEET.TXT", "PQ-SHEET.HTML"


@dataclass(frozen=True, slots=True)
class CdMaster:
    """A master in its folder: the files in order, where everything lies, and what the plant may ask about."""

    files: tuple[WrittenFile, ...]
    layout: CdLayout
    warnings: tuple[RedBookProblem, ...]


def write_ddp_master(spec: CdSpec, parts: Sequence[Part], folder: Path) -> CdMaster:
    """Write a DDP 2.00 fileset of finished songs at 44.1 kHz, in the order of `spec.songs`, and its PQ sheets.

    Raises DeliveryError (cd-*, ddp-*, disk-full, ...) and AudioError; what breaks the Red Book does so before anything
    is written.
    """
    layout, warnings = _lay_out(spec, parts)
    packets = build_ddp(spec, layout, build_cd_text(spec))
    small = [_write(folder / name, content) for name, content in packets.items()]
    image = write_image(parts, layout, folder / IMAGE, container="bin", first_cd_frame=0, dither=spec.dither)
    checksums = _write(folder / CHECKSUMS, build_checksums([*small, image]))
    sheets = _write_sheets(spec, layout, image, warnings, folder)
    return CdMaster((*small, image, checksums, *sheets), layout, warnings)


def write_cue_master(spec: CdSpec, parts: Sequence[Part], folder: Path) -> CdMaster:
    """Write one image with a cue sheet, and its PQ sheets. The image begins where burners do, 2 s into the disc.

    Raises as `write_ddp_master` does.
    """
    layout, warnings = _lay_out(spec, parts)
    stem = to_ascii(spec.title)
    target = folder / safe_name(stem, f".{spec.container}")
    image = write_image(
        parts, layout, target, container=spec.container, first_cd_frame=FIRST_PREGAP_CD_FRAMES, dither=spec.dither
    )
    cue = _write(folder / safe_name(stem, ".cue"), build_cue(spec, layout, image=image.name))
    sheets = _write_sheets(spec, layout, image, warnings, folder)
    return CdMaster((image, cue, *sheets), layout, warnings)


def _lay_out(spec: CdSpec, parts: Sequence[Part]) -> tuple[CdLayout, tuple[RedBookProblem, ...]]:
    layout = build_layout(spec, [part.frames for part in parts])
    return layout, check_layout(layout)


def _write_sheets(
    spec: CdSpec, layout: CdLayout, image: WrittenFile, warnings: Sequence[RedBookProblem], folder: Path
) -> tuple[WrittenFile, ...]:
    sheet = build_pq_sheet(spec, layout, image, warnings)
    return (
        _write(folder / PQ_TEXT, format_text(spec, sheet).encode()),
        _write(folder / PQ_PAGE, format_html(spec, sheet).encode()),
    )


def _write(target: Path, content: bytes) -> WrittenFile:
    with explained(target):
        target.write_bytes(content)
    digest = md5(content, usedforsecurity=False).hexdigest()
    return WrittenFile(target.name, len(content), sha256(content).hexdigest(), digest)
