"""A ceiling that holds behind the codec: a lossy encoder moves peaks, so what it makes is decoded, measured, and made
again from a song that leaves it room."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from farm.audio.blocks import Block
from farm.audio.raw_source import read_raw_blocks
from farm.deliver.encode import Encoded, encode_song
from farm.deliver.failure import explained
from farm.deliver.overs import find_overs
from farm.deliver.song_facts import SongFacts
from farm.dsp.drive import drive
from farm.dsp.limiter_character import LimiterSettings
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
    """What is encoded, and into what."""

    spec: EncodeSpec
    path: Path
    frames: int
    rate_hz: int
    facts: SongFacts | None
    measured: Measurement


def encode_under_ceiling(
    spec: EncodeSpec,
    source: Path,
    target: Path,
    *,
    frames: int,
    rate_hz: int,
    exact_bits: int | None,
    scratch: Path,
    facts: SongFacts | None = None,
) -> Encoded:
    """Do as `encode_song`; a lossy file that decodes above its ceiling, or off the song's loudness, is made again.

    First the song is limited lower by what the codec added, at a loudness that makes up for what the codec took, so
    that it stays in balance with its album; if the codec adds more every time, the song is lowered instead. `scratch`
    is a path for the changed song. Raises DeliveryError (ceiling-missed).
    """
    encoded = encode_song(spec, source, target, frames=frames, rate_hz=rate_hz, exact_bits=exact_bits, facts=facts)
    if encoded.true_peak_dbtp is None:
        return encoded
    song = _measure_song(spec, source, frames, rate_hz, facts)
    if _keeps(encoded, song):
        return encoded
    if _over_db(encoded, spec) > 0.0:
        overs = find_overs(target, spec.ceiling_dbtp)
        encoded = replace(encoded, overs=overs.listed, overs_total=overs.total)
    limited = _encode_limited(encoded, song, target, scratch)
    if _over_db(limited, spec) <= 0.0:
        return limited
    return _encode_lowered(encoded, limited.rounds, song, target, scratch)


def _encode_limited(encoded: Encoded, song: _Song, target: Path, scratch: Path) -> Encoded:
    """Return the last of a few encodes of the song limited lower, or the first that keeps ceiling and loudness."""
    limited, backed_off_db, lost_lu = encoded, 0.0, 0.0
    for _ in range(_LIMITED_ROUNDS):
        backed_off_db += max(0.0, _over_db(limited, song.spec) + _MARGIN_DB)
        lost_lu += _lost_lu(limited, song)
        with explained(scratch):
            _limit(song, backed_off_db, lost_lu, scratch)
        limited = replace(_encode_again(limited, song, scratch, target), backed_off_db=backed_off_db)
        if _keeps(limited, song):
            break
    return limited


def _encode_lowered(encoded: Encoded, rounds: int, song: _Song, target: Path, scratch: Path) -> Encoded:
    """Return the first encode of the song made softer that keeps its ceiling; `encoded` is that of the song itself."""
    lowered, lowered_db = replace(encoded, rounds=rounds), 0.0
    for _ in range(_LOWERED_ROUNDS):
        lowered_db += max(0.0, _over_db(lowered, song.spec) + _MARGIN_DB)
        with explained(scratch):
            _lower(song, lowered_db, scratch)
        lowered = replace(_encode_again(lowered, song, scratch, target), lowered_db=lowered_db)
        if _over_db(lowered, song.spec) <= 0.0:
            return lowered
    raise DeliveryError(
        f"the decoded file is {_over_db(lowered, song.spec):.2f} dB over its ceiling of "
        f"{song.spec.ceiling_dbtp:g} dBTP, whatever is tried",
        code="ceiling-missed",
        hint="choose a higher bit rate",
        where=str(target),
    )


def _encode_again(before: Encoded, song: _Song, changed: Path, target: Path) -> Encoded:
    encoded = encode_song(
        song.spec,
        changed,
        target,
        frames=song.frames,
        rate_hz=song.rate_hz,
        exact_bits=None,
        facts=song.facts,
    )
    return replace(encoded, rounds=before.rounds + 1, overs=before.overs, overs_total=before.overs_total)


def _keeps(encoded: Encoded, song: _Song) -> bool:
    return _over_db(encoded, song.spec) <= 0.0 and abs(_lost_lu(encoded, song)) <= _MOST_LOST_LU


def _over_db(encoded: Encoded, spec: EncodeSpec) -> float:
    return -1.0 if encoded.true_peak_dbtp is None else encoded.true_peak_dbtp - spec.ceiling_dbtp


def _lost_lu(encoded: Encoded, song: _Song) -> float:
    """Return by how much the decoded file is softer than the song; 0 for what has no loudness."""
    if encoded.integrated_lufs is None or song.measured.integrated_lufs is None:
        return 0.0
    return song.measured.integrated_lufs - encoded.integrated_lufs


def _measure_song(spec: EncodeSpec, path: Path, frames: int, rate_hz: int, facts: SongFacts | None) -> _Song:
    meter = Meter(rate_hz, ltas=False)
    for block in read_raw_blocks(path, frames=frames):
        meter.push(block)
    return _Song(spec, path, frames, rate_hz, facts, meter.finish())


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
            ceiling_dbtp=_limit_dbtp(song, back_off_db),
            limiter=LimiterSettings(**asdict(song.spec.limiter)),
        )


def _limit_dbtp(song: _Song, back_off_db: float) -> float:
    """Return what the changed song keeps: the ceiling, or that much less than the song's own peak if that is lower."""
    ceiling_dbtp, own_peak_dbtp = song.spec.ceiling_dbtp, song.measured.true_peak_dbtp
    if back_off_db == 0.0 or own_peak_dbtp is None:
        return ceiling_dbtp
    return min(ceiling_dbtp, own_peak_dbtp) - back_off_db


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
