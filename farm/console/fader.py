"""A fader with pan and width: the gains by which a channel is added to what it feeds, at every frame."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.dsp.curve import FOREVER, Curve
from farm.dsp.pan import BALANCE, DUAL, PLACED, fill_placing
from farm.dsp.sum import Gains, add_placed
from farm.plan.spec import CurveSpec, LevelSpec, PlaceSpec, SendSpec

Floats = NDArray[np.float64]

_GLIDE_SECONDS = 0.005
"""A step of a fader or a mute is spread over this time."""


class Fader:
    """Counts frames from the beginning of its stream, which lies `late_frames` before the song's."""

    def __init__(
        self, level: LevelSpec, place: PlaceSpec, rate_hz: int, *, mono: bool = False, late_frames: int = 0
    ) -> None:
        glide = round(_GLIDE_SECONDS * rate_hz)
        self._place = _Place(place, glide, mono)
        self._level, self._mutes = _Level(level, glide), _Level(LevelSpec(mutes=level.mutes), glide)
        self._glide, self._late = glide, late_frames
        self._sends: dict[int, tuple[_Level, bool]] = {}
        self._resting: dict[tuple[_Level, ...], Gains] = {}

    def add_send(self, index: int, send: SendSpec) -> None:
        """Make a send known under an index of the caller's."""
        self._sends[index] = (_Level(send.level, self._glide), send.before_fader)

    def add(self, total: Block, block: Block, frame: int) -> None:
        """Add a `(frames, 2)` block, which begins at a frame of the stream, to `total`."""
        add_placed(total, block, self._gains((self._level,), frame - self._late, len(block)))

    def send(self, index: int, total: Block, block: Block, frame: int) -> None:
        """Add what a block sends to `total`."""
        level, before_fader = self._sends[index]
        levels = (self._mutes if before_fader else self._level, level)
        add_placed(total, block, self._gains(levels, frame - self._late, len(block)))

    def _gains(self, levels: tuple["_Level", ...], first: int, frames: int) -> Gains:
        """Return `(4,)` gains if nothing moves within the frames, else `(frames, 4)`."""
        if levels in self._resting:
            return self._resting[levels]
        rests = min(self._place.constant_until(first), *(level.constant_until(first) for level in levels))
        count = 1 if rests >= first + frames else frames
        gains = self._place.gains(first, count)
        for level in levels:
            gains *= level.gains(first, count)[:, None]
        single = gains.astype(np.float32)
        if rests == FOREVER:
            self._resting[levels] = single[0]
        return single[0] if count == 1 else single


class _Level:
    """A level whose parts add up in dB, and its mutes."""

    def __init__(self, spec: LevelSpec, glide: int) -> None:
        self._fixed_db = spec.gain_db
        self._curves = [Curve(curve.points, glide) for curve in spec.curves]
        self._mutes = [Curve(curve.points, glide) for curve in spec.mutes]

    def constant_until(self, frame: int) -> int:
        return min((curve.constant_until(frame) for curve in (*self._curves, *self._mutes)), default=FOREVER)

    def gains(self, first: int, count: int) -> Floats:
        """Return linear gains."""
        total, part = np.full(count, self._fixed_db), np.empty(count)
        for curve in self._curves:
            curve.fill(first, part)
            total += part
        _to_linear(total)
        for mute in self._mutes:
            mute.fill(first, part)
            total *= 1.0 - part
        return total


class _Place:
    """Pan and width."""

    def __init__(self, spec: PlaceSpec, glide: int, mono: bool) -> None:
        self._kind = DUAL if spec.dual_pan else PLACED if mono else BALANCE
        self._law_db, self._dual_pan = spec.law_db, spec.dual_pan or (-1.0, 1.0)
        self._pan = _moving(spec.pan_curve, spec.pan, glide)
        self._width = _moving(spec.width_curve, spec.width, glide)

    def constant_until(self, frame: int) -> int:
        return min(self._pan.constant_until(frame), self._width.constant_until(frame))

    def gains(self, first: int, count: int) -> Floats:
        """Return `(count, 4)` linear gains."""
        pans, widths, out = np.empty(count), np.empty(count), np.empty((count, 4))
        self._pan.fill(first, pans)
        self._width.fill(first, widths)
        fill_placing(self._kind, pans, widths, self._law_db, self._dual_pan, out)
        return out


def _moving(spec: CurveSpec | None, fixed: float, glide: int) -> Curve:
    return Curve(spec.points, glide) if spec else Curve([(0, fixed, "hold")])


@kernel("void(float64[::1])")
def _to_linear(levels_db: Floats) -> None:
    for index in range(levels_db.size):
        levels_db[index] = 10.0 ** (levels_db[index] / 20.0)
