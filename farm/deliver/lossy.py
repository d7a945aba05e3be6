"""A ceiling that holds behind the codec: a lossy encoder moves peaks, so what it makes is decoded, measured, and made
again from a song that leaves it room."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from farm.audio.blocks import Block
from farm.audio.raw_source import read_raw_blocks
from farm.deliver.encode import Encoded, encode_song, retag_song
from farm.deliver.failure import explained
from farm.deliver.lossy_trial import MOST_LOST_LU, LossySong, Trial, Trials
from farm.deliver.overs import find_overs
from farm.deliver.song_facts import SongFacts
from farm.dsp.drive import Driven, drive
from farm.dsp.limiter_character import LimiterSettings
from farm.errors import DeliveryError
from farm.measure.meter import Meter
from farm.plan.spec import EncodeSpec
from farm.units import db_to_linear

_MARGIN_DB = 0.05

_EASED_LU = 0.5
"""What is left of the most that a limiter can give: measured on drums at -9 LUFS, its mean reduction is 1 to 2 dB
there, and 5 to 11 dB at the most, and what the codec adds to the peaks follows the limit again."""

_LIMITED_ROUNDS, _LEVELLED_ROUNDS = 5, 4


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
    that it stays in balance with its album; if that cannot be had, all is turned down, or up as far as there is room.
    Of all that is tried, the file nearest to the song's loudness is kept. Its gains for players are its own if it is
    off that. `scratch` is a path for the changed song. Raises DeliveryError (ceiling-missed).
    """
    encoded = encode_song(spec, source, target, frames=frames, rate_hz=rate_hz, exact_bits=exact_bits, facts=facts)
    if encoded.true_peak_dbtp is None:
        return encoded
    trials = Trials(_measure_song(spec, source, frames, rate_hz, facts), target, encoded)
    if trials.best.keeps:
        return encoded
    overs = find_overs(target, spec.ceiling_dbtp)
    _try_limited(trials, scratch)
    if not trials.best.keeps:
        _try_levelled(trials, scratch)
    best = replace(trials.best.encoded, rounds=trials.rounds, overs=overs.listed, overs_total=overs.total)
    _check_ceiling(trials.best, spec)
    return _with_own_gains(replace(trials.best, encoded=best), trials.song, target)


@dataclass(slots=True)
class _Limits:
    """The search for the limit, in dBTP, under which the decoded file just keeps its ceiling."""

    highest_dbtp: float
    now_dbtp: float
    kept_dbtp: float = -math.inf
    exceeded_dbtp: float = math.inf

    def follow(self, over_db: float) -> None:
        """Move by what the codec's peak is off, and between two limits that were tried if that is beyond them."""
        if over_db > 0.0:
            self.exceeded_dbtp = min(self.exceeded_dbtp, self.now_dbtp)
            wanted_dbtp = self.now_dbtp - over_db - _MARGIN_DB
        else:
            self.kept_dbtp = max(self.kept_dbtp, self.now_dbtp)
            wanted_dbtp = self.now_dbtp + max(0.0, -over_db - _MARGIN_DB)
        if not self.kept_dbtp <= wanted_dbtp < self.exceeded_dbtp:
            wanted_dbtp = (self.kept_dbtp + self.exceeded_dbtp) / 2.0
        self.now_dbtp = min(self.highest_dbtp, wanted_dbtp)


def _try_limited(trials: Trials, scratch: Path) -> None:
    """Limit the song lower and drive it to its loudness, until both are kept or the next round would be the same."""
    song, trial = trials.song, trials.first
    limits = _Limits(song.spec.ceiling_dbtp, song.spec.ceiling_dbtp)
    if trial.over_db > 0.0:
        limits = _Limits(song.highest_dbtp, song.highest_dbtp)
        limits.follow(trial.over_db)
    for _ in range(_LIMITED_ROUNDS):
        limit_dbtp = limits.now_dbtp
        driven = _limit(song, limit_dbtp, trial.taken_lu, scratch)
        trial = _encode_limited(trials, driven, max(0.0, song.highest_dbtp - limit_dbtp), scratch)
        limits.follow(trial.over_db)
        if trial.keeps or (limits.now_dbtp == limit_dbtp and not driven.reached):
            return


def _encode_limited(trials: Trials, driven: Driven, backed_off_db: float, scratch: Path) -> Trial:
    own_lufs, lufs = trials.song.measured.integrated_lufs, driven.loudness_lufs
    softer_lu = 0.0 if own_lufs is None or lufs is None else own_lufs - lufs
    lowered_db = softer_lu if softer_lu > MOST_LOST_LU else 0.0
    return trials.encode(scratch, lufs, limited=True, backed_off_db=backed_off_db, lowered_db=lowered_db)


def _try_levelled(trials: Trials, scratch: Path) -> None:
    """Change the level of the song, and nothing else, until it keeps its ceiling."""
    trial, gain_db = trials.first, _first_gain_db(trials)
    for _ in range(_LEVELLED_ROUNDS if abs(gain_db) > _MARGIN_DB else 0):
        with explained(scratch):
            _level(trials.song, gain_db, scratch)
        own_lufs = trials.song.measured.integrated_lufs
        lufs = None if own_lufs is None else own_lufs + gain_db
        trial = trials.encode(scratch, lufs, limited=False, lowered_db=max(0.0, -gain_db))
        if trial.over_db <= 0.0:
            return
        gain_db -= trial.over_db + _MARGIN_DB


def _first_gain_db(trials: Trials) -> float:
    """Return by how much the song has to come down, or may go up before it or its file reaches the ceiling."""
    song, first = trials.song, trials.first
    room_db = -first.over_db - _MARGIN_DB
    return room_db if first.over_db > 0.0 else min(first.lost_lu, room_db, song.spec.ceiling_dbtp - song.highest_dbtp)


def _check_ceiling(best: Trial, spec: EncodeSpec) -> None:
    if best.over_db > 0.0:
        message = (
            f"{spec.tags.title!r} as {spec.format}, decoded, is {best.over_db:.2f} dB over its ceiling of "
            f"{spec.ceiling_dbtp:g} dBTP, whatever is tried"
        )
        raise DeliveryError(message, code="ceiling-missed", hint="choose a higher bit rate")


def _with_own_gains(best: Trial, song: LossySong, target: Path) -> Encoded:
    """Return the best encode; one that is off the song's loudness says to players what it is, not what the song is."""
    encoded, facts = best.encoded, song.facts
    if facts is None or abs(best.lost_lu) <= MOST_LOST_LU:
        return encoded
    own = replace(facts, integrated_lufs=encoded.integrated_lufs, true_peak_dbtp=encoded.true_peak_dbtp)
    sizes = {"frames": song.frames, "rate_hz": song.rate_hz}
    return retag_song(song.spec, encoded, song.path, target, **sizes, facts=own)


def _measure_song(spec: EncodeSpec, path: Path, frames: int, rate_hz: int, facts: SongFacts | None) -> LossySong:
    meter = Meter(rate_hz, ltas=False)
    for block in read_raw_blocks(path, frames=frames):
        meter.push(block)
    return LossySong(spec, path, frames, rate_hz, facts, meter.finish())


def _limit(song: LossySong, limit_dbtp: float, louder_lu: float, scratch: Path) -> Driven:
    """Write the song below that limit, and so much louder than it is; a little softer than can be had, if that cannot.

    `reached` says whether it can.
    """
    own_lufs = song.measured.integrated_lufs
    driven = _drive(song, limit_dbtp, None if own_lufs is None else own_lufs + louder_lu, scratch)
    if driven.reached or driven.loudness_lufs is None:
        return driven
    return replace(_drive(song, limit_dbtp, driven.loudness_lufs - _EASED_LU, scratch), reached=False)


def _drive(song: LossySong, limit_dbtp: float, goal_lufs: float | None, scratch: Path) -> Driven:
    with explained(scratch), scratch.open("wb") as file:
        return drive(
            song.path,
            _block_writer(file.write),
            scratch=scratch.with_name(scratch.name + ".peaks"),
            frames=song.frames,
            rate_hz=song.rate_hz,
            goal_lufs=goal_lufs,
            ceiling_dbtp=limit_dbtp,
            limiter=LimiterSettings(**asdict(song.spec.limiter)),
        )


def _level(song: LossySong, gain_db: float, scratch: Path) -> None:
    """Write the song that much louder."""
    gain = np.float32(db_to_linear(gain_db))
    with scratch.open("wb") as file:
        write = _block_writer(file.write)
        for block in read_raw_blocks(song.path, frames=song.frames):
            write(np.multiply(block, gain, out=block))


def _block_writer(write: Callable[[memoryview], int]) -> Callable[[Block], None]:
    def write_block(block: Block) -> None:
        write(np.ascontiguousarray(block).data)

    return write_block
