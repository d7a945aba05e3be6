"""A ceiling that holds behind the codec: a lossy encoder moves peaks, so what it makes is decoded, measured, and made
again from a song that leaves it room."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from farm.audio.blocks import Block
from farm.audio.raw_source import read_raw_blocks
from farm.deliver.encode import Encoded, encode_song
from farm.deliver.failure import explained
from farm.dsp.drive import drive
from farm.errors import DeliveryError
from farm.measure.meter import Meter
from farm.plan.spec import EncodeSpec
from farm.records import Measurement
from farm.units import db_to_linear

_MARGIN_DB = 0.05

_MOST_LOST_LU = 0.1
"""How far the decoded file may be from the song's loudness: half of what is promised of it."""

_LIMITED_ROUNDS, _LOWERED_ROUNDS = 3, 4


@dataclass(frozen=True, slots=True)
class _Song:
    path: Path
    frames: int
    rate_hz: int
    measured: Measurement
    ceiling_dbtp: float
    """What the song itself keeps: its deliverable's ceiling, or its own peak if that is lower."""


def encode_under_ceiling(
    spec: EncodeSpec,
    source: Path,
    target: Path,
    *,
    frames: int,
    rate_hz: int,
    exact_bits: int | None,
    scratch: Path,
) -> Encoded:
    """Do as `encode_song`; a lossy file that decodes above its ceiling, or off the song's loudness, is made again.

    First the song is limited lower by what the codec added, at a loudness that makes up for what the codec took; if the
    codec adds more every time, the song is lowered instead. `scratch` is a path for the changed song. Raises
    DeliveryError (ceiling-missed).
    """
    encoded = encode_song(spec, source, target, frames=frames, rate_hz=rate_hz, exact_bits=exact_bits)
    if encoded.true_peak_dbtp is None:
        return encoded
    song = _measure_song(source, frames, rate_hz, spec.ceiling_dbtp)
    if _keeps(encoded, song, spec):
        return encoded
    limited = lowered = encoded
    backed_off_db = lost_lu = 0.0
    for _ in range(_LIMITED_ROUNDS):
        backed_off_db += max(0.0, _over_db(limited, spec) + _MARGIN_DB)
        lost_lu += _lost_lu(limited, song)
        with explained(scratch):
            _limit(song, backed_off_db, lost_lu, scratch)
        limited = _encode_again(limited, spec, scratch, target, song, backed_off_db)
        if _keeps(limited, song, spec):
            return limited
    if _over_db(limited, spec) <= 0.0:
        return limited
    backed_off_db, rounds = 0.0, limited.rounds
    for _ in range(_LOWERED_ROUNDS):
        backed_off_db += max(0.0, _over_db(lowered, spec) + _MARGIN_DB)
        with explained(scratch):
            _lower(song, backed_off_db, scratch)
        lowered = _encode_again(replace(lowered, rounds=rounds), spec, scratch, target, song, backed_off_db)
        rounds = lowered.rounds
        if _over_db(lowered, spec) <= 0.0:
            return lowered
    raise DeliveryError(
        f"the decoded file is {_over_db(lowered, spec):.2f} dB over its ceiling of {spec.ceiling_dbtp:g} dBTP, "
        "whatever is tried",
        code="ceiling-missed",
        hint="choose a higher bit rate",
        where=str(target),
    )


def _encode_again(
    before: Encoded, spec: EncodeSpec, changed: Path, target: Path, song: _Song, backed_off_db: float
) -> Encoded:
    encoded = encode_song(spec, changed, target, frames=song.frames, rate_hz=song.rate_hz, exact_bits=None)
    return replace(encoded, backed_off_db=backed_off_db, rounds=before.rounds + 1)


def _keeps(encoded: Encoded, song: _Song, spec: EncodeSpec) -> bool:
    return _over_db(encoded, spec) <= 0.0 and abs(_lost_lu(encoded, song)) <= _MOST_LOST_LU


def _over_db(encoded: Encoded, spec: EncodeSpec) -> float:
    return -1.0 if encoded.true_peak_dbtp is None else encoded.true_peak_dbtp - spec.ceiling_dbtp


def _lost_lu(encoded: Encoded, song: _Song) -> float:
    """Return by how much the decoded file is softer than the song; 0 for what has no loudness."""
    if encoded.integrated_lufs is None or song.measured.integrated_lufs is None:
        return 0.0
    return song.measured.integrated_lufs - encoded.integrated_lufs


def _measure_song(path: Path, frames: int, rate_hz: int, ceiling_dbtp: float) -> _Song:
    meter = Meter(rate_hz, ltas=False)
    for block in read_raw_blocks(path, frames=frames):
        meter.push(block)
    measured = meter.finish()
    own_peak_dbtp = ceiling_dbtp if measured.true_peak_dbtp is None else measured.true_peak_dbtp
    return _Song(path, frames, rate_hz, measured, min(ceiling_dbtp, own_peak_dbtp))


def _limit(song: _Song, back_off_db: float, lost_lu: float, scratch: Path) -> None:
    """Write the song with that much less peak, and so much louder than it is."""
    own_lufs = song.measured.integrated_lufs
    with scratch.open("wb") as file:
        drive(
            song.path,
            _block_writer(file.write),
            scratch=scratch.with_name(scratch.name + ".peaks"),
            frames=song.frames,
            rate_hz=song.rate_hz,
            goal_lufs=None if own_lufs is None else own_lufs + lost_lu,
            ceiling_dbtp=song.ceiling_dbtp - back_off_db,
        )


def _lower(song: _Song, back_off_db: float, scratch: Path) -> None:
    """Write the song that much softer."""
    gain = np.float32(db_to_linear(-back_off_db))
    with scratch.open("wb") as file:
        write = _block_writer(file.write)
        for block in read_raw_blocks(song.path, frames=song.frames):
            write(np.multiply(block, gain, out=block))


def _block_writer(write: Callable[[memoryview], int]) -> Callable[[Block], None]:
    def write_block(block: Block) -> None:
        write(np.ascontiguousarray(block).data)

    return write_block
