"""Biquads in series over stereo blocks: the kernel under the EQ and all that needs a filter."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.audio.stereo_pair import load_pair, multiply, multiply_add, store_pair
from farm.dsp.biquad import Section

CHUNK_FRAMES = 1024
"""Frames that pass through all sections before the next: float64 in between, and still in the first cache."""

_SILENT = 1e-30
_TAIL_DB = 120.0
"""90 dB, and 30 for a section whose two poles coincide, n * r^n: at n = -ln(1e-6) / ln(r) that factor is 23 dB."""


class Cascade:
    """Sections in series, at rest at first. Transposed direct form II, float64 between them and in their memory.

    `sections` filter the left channel, and the right one too unless it has its own.
    """

    def __init__(self, sections: Sequence[Section], right: Sequence[Section] | None = None) -> None:
        lanes = [list(sections), list(sections if right is None else right)]
        self._pole_radii = [[section.pole_radius for section in lane] for lane in lanes]
        longest = max(len(lane) for lane in lanes)
        rows = longest + longest % 2
        self._factors = np.empty((rows * 5, 2))
        for channel, lane in enumerate(lanes):
            passing = [Section(1.0, 0.0, 0.0, 0.0, 0.0)] * (rows - len(lane))
            factors = np.array([*lane, *passing], dtype=np.float64).reshape(rows, 5)
            self._factors[:, channel] = (factors * [1.0, 1.0, 1.0, -1.0, -1.0]).reshape(-1)
        self._memory = np.zeros((2 * rows, 2))
        self._scratch = np.empty((CHUNK_FRAMES, 2))
        self._phase = 0

    def tail_frames(self, boost_db: float = 0.0) -> int:
        """Return a bound on the frames until the output is 90 dB below the input; `boost_db` is the largest gain.

        Each section gets the time that its slower pole takes to fade by 120 dB and the boost; the times add up.
        """
        fade = math.log(10.0) * (_TAIL_DB + boost_db) / 20.0
        tails = [sum(2.0 - fade / math.log(max(radius, 1e-9)) for radius in radii) for radii in self._pole_radii]
        return math.ceil(max(tails))

    def process(self, block: Block) -> None:
        """Filter a `(frames, 2)` block in place."""
        if len(self._factors):
            self._phase = _run_cascade(block, self._factors, self._memory, self._scratch, self._phase)


@kernel_part
def _section(frame: Any, near: Any, far: Any, factors: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """Return a frame through one section, and the section's memory after it."""
    b0, b1, b2, minus_a1, minus_a2 = factors
    out = multiply_add(b0, frame, near)
    near = multiply_add(minus_a1, out, multiply_add(b1, frame, far))
    far = multiply_add(minus_a2, out, multiply(b2, frame))
    return out, near, far


@kernel_part
def _coefficients(factors: NDArray[np.float64], section: int) -> tuple[Any, ...]:
    row = 5 * section
    return (
        load_pair(factors, row),
        load_pair(factors, row + 1),
        load_pair(factors, row + 2),
        load_pair(factors, row + 3),
        load_pair(factors, row + 4),
    )


@kernel_part
def _forget_silence(memory: NDArray[np.float64]) -> None:
    """Set what is below -600 dB to 0: long before it could become denormal, which costs a hundred times the time."""
    for row in range(memory.shape[0]):
        for lane in range(2):
            if abs(memory[row, lane]) < _SILENT:
                memory[row, lane] = 0.0


@kernel_part
def _run_four(
    scratch: NDArray[np.float64], count: int, factors: NDArray[np.float64], memory: NDArray[np.float64], first: int
) -> None:
    """Four sections in one loop: the processor overlaps the chains of dependent operations of all four."""
    one, two = _coefficients(factors, first), _coefficients(factors, first + 1)
    three, four = _coefficients(factors, first + 2), _coefficients(factors, first + 3)
    row = 2 * first
    one_near, one_far = load_pair(memory, row), load_pair(memory, row + 1)
    two_near, two_far = load_pair(memory, row + 2), load_pair(memory, row + 3)
    three_near, three_far = load_pair(memory, row + 4), load_pair(memory, row + 5)
    four_near, four_far = load_pair(memory, row + 6), load_pair(memory, row + 7)
    for index in range(count):
        frame = load_pair(scratch, index)
        frame, one_near, one_far = _section(frame, one_near, one_far, one)
        frame, two_near, two_far = _section(frame, two_near, two_far, two)
        frame, three_near, three_far = _section(frame, three_near, three_far, three)
        frame, four_near, four_far = _section(frame, four_near, four_far, four)
        store_pair(scratch, index, frame)
    store_pair(memory, row, one_near)
    store_pair(memory, row + 1, one_far)
    store_pair(memory, row + 2, two_near)
    store_pair(memory, row + 3, two_far)
    store_pair(memory, row + 4, three_near)
    store_pair(memory, row + 5, three_far)
    store_pair(memory, row + 6, four_near)
    store_pair(memory, row + 7, four_far)


@kernel_part
def _run_two(
    scratch: NDArray[np.float64], count: int, factors: NDArray[np.float64], memory: NDArray[np.float64], first: int
) -> None:
    one, two = _coefficients(factors, first), _coefficients(factors, first + 1)
    row = 2 * first
    one_near, one_far = load_pair(memory, row), load_pair(memory, row + 1)
    two_near, two_far = load_pair(memory, row + 2), load_pair(memory, row + 3)
    for index in range(count):
        frame = load_pair(scratch, index)
        frame, one_near, one_far = _section(frame, one_near, one_far, one)
        frame, two_near, two_far = _section(frame, two_near, two_far, two)
        store_pair(scratch, index, frame)
    store_pair(memory, row, one_near)
    store_pair(memory, row + 1, one_far)
    store_pair(memory, row + 2, two_near)
    store_pair(memory, row + 3, two_far)


@kernel("int64(float32[:,::1], float64[:,::1], float64[:,::1], float64[:,::1], int64)")
def _run_cascade(
    block: Block,
    factors: NDArray[np.float64],
    memory: NDArray[np.float64],
    scratch: NDArray[np.float64],
    phase: int,
) -> int:
    """Filter in place; return how many frames of the current chunk of the stream have passed.

    Chunks lie where the stream's count of frames says, not where a block begins.
    """
    start, sections = 0, factors.shape[0] // 5
    while start < block.shape[0]:
        count = min(scratch.shape[0] - phase, block.shape[0] - start)
        for index in range(count):
            store_pair(scratch, index, load_pair(block, start + index))
        first = 0
        while first + 4 <= sections:
            _run_four(scratch, count, factors, memory, first)
            first += 4
        if first < sections:
            _run_two(scratch, count, factors, memory, first)
        for index in range(count):
            store_pair(block, start + index, load_pair(scratch, index))
        start += count
        phase += count
        if phase == scratch.shape[0]:
            phase = 0
            _forget_silence(memory)
    return phase
