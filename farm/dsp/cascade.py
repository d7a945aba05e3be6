"""Biquads in series over stereo blocks: the kernel under the EQ and all that needs a filter."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.audio.stereo_pair import both, load_pair, multiply, multiply_add, store_pair
from farm.audio.stereo_quad import join_pairs, lower_pair, multiply_add_quads, multiply_quads, upper_pair
from farm.dsp.biquad import Section
from farm.dsp.processor import CONTROL_FRAMES

CHUNK_FRAMES = 1024
"""Frames that pass through all sections before the next: float64 in between, and still in the first cache."""

_GROUP = 6
"""Sections that run in one loop: three quads of two. A cascade is filled up with sections that pass everything."""

_SKEW = 5
"""Frames by which the last section of a group is behind the first: so in one step none waits for another."""

_SILENT = 1e-30
_TAIL_DB = 120.0
"""90 dB, and 30 for a section whose two poles coincide, n * r^n: at n = -ln(1e-6) / ln(r) that factor is 23 dB."""


class Cascade:
    """Sections in series, at rest at first. Transposed direct form II, float64 between them and in their memory.

    `sections` filter the left channel, and the right one too unless it has its own.
    """

    def __init__(self, sections: Sequence[Section], right: Sequence[Section] | None = None) -> None:
        longest = max(len(sections), len(sections if right is None else right))
        self._sections, rows = longest, -(-longest // _GROUP) * _GROUP
        passing = Section(1.0, 0.0, 0.0, 0.0, 0.0)
        self._factors = np.repeat(np.array([passing] * rows, dtype=np.float64).reshape(-1, 1), 2, axis=1)
        self._targets, self._steps = self._factors.copy(), np.zeros_like(self._factors)
        self._aim(sections, right)
        np.copyto(self._factors, self._targets)
        self._memory = np.zeros((2 * rows, 2))
        self._scratch = np.empty((CHUNK_FRAMES, 2))
        self._phase = 0
        self._moving_frames = 0

    def extended(self, sections: Sequence[Section], was_there: Sequence[bool]) -> "Cascade":
        """Return a cascade that goes on where this one stands, with sections that join it, at rest, in their places.

        `was_there` says of each section whether it is the next one of this cascade. Both lanes are to be the same.
        """
        longer = Cascade(sections)
        ours = 0
        for index, is_ours in enumerate(was_there):
            if is_ours:
                longer._memory[2 * index : 2 * index + 2] = self._memory[2 * ours : 2 * ours + 2]
                ours += 1
        longer._phase = self._phase
        return longer

    def move_to(self, sections: Sequence[Section], right: Sequence[Section] | None = None) -> None:
        """Take as many sections with other coefficients, which move there evenly over a control period.

        What lies between two stable sections is stable: their denominators form a triangle.
        """
        self._aim(sections, right)
        np.subtract(self._targets, self._factors, out=self._steps)
        self._steps /= CONTROL_FRAMES
        self._moving_frames = CONTROL_FRAMES

    def _aim(self, sections: Sequence[Section], right: Sequence[Section] | None) -> None:
        """Set where the coefficients are to be: five rows a section, both lanes side by side."""
        self._lanes = [sections] if right is None else [sections, right]
        for channel, lane in enumerate(self._lanes):
            factors = np.array([number for section in lane for number in section], dtype=np.float64).reshape(-1, 5)
            factors[:, 3:] *= -1.0
            columns = slice(None) if right is None else slice(channel, channel + 1)
            self._targets[: factors.size, columns] = factors.reshape(-1, 1)

    def tail_frames(self, boost_db: float = 0.0) -> int:
        """Return a bound on the frames until the output is 90 dB below the input; `boost_db` is the largest gain.

        Each section gets the time that its slower pole takes to fade by 120 dB and the boost; the times add up.
        """
        fade = math.log(10.0) * (_TAIL_DB + boost_db) / 20.0
        tails = [sum(2.0 - fade / math.log(max(section.pole_radius, 1e-9)) for section in lane) for lane in self._lanes]
        return math.ceil(max(tails))

    def process(self, block: Block) -> None:
        """Filter a `(frames, 2)` block in place."""
        if not len(self._factors):
            return
        if self._moving_frames:
            count = min(self._moving_frames, len(block))
            moving, block = block[:count], block[count:]
            self._phase = _run_moving(
                moving, self._sections, self._factors, self._steps, self._memory, self._scratch, self._phase
            )
            self._moving_frames -= count
            if not self._moving_frames:
                np.copyto(self._factors, self._targets)
            if not len(block):
                return
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
def _quad_coefficients(factors: NDArray[np.float64], section: int) -> tuple[Any, ...]:
    one, two = _coefficients(factors, section), _coefficients(factors, section + 1)
    return (
        join_pairs(one[0], two[0]),
        join_pairs(one[1], two[1]),
        join_pairs(one[2], two[2]),
        join_pairs(one[3], two[3]),
        join_pairs(one[4], two[4]),
    )


@kernel_part
def _load_memory(memory: NDArray[np.float64], section: int) -> tuple[Any, Any]:
    row = 2 * section
    near = join_pairs(load_pair(memory, row), load_pair(memory, row + 2))
    return near, join_pairs(load_pair(memory, row + 1), load_pair(memory, row + 3))


@kernel_part
def _store_memory(memory: NDArray[np.float64], section: int, near: Any, far: Any) -> None:
    row = 2 * section
    store_pair(memory, row, lower_pair(near))
    store_pair(memory, row + 1, lower_pair(far))
    store_pair(memory, row + 2, upper_pair(near))
    store_pair(memory, row + 3, upper_pair(far))


@kernel_part
def _quad_section(frames: Any, near: Any, far: Any, factors: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """As `_section`, for two sections side by side, each with a frame of its own."""
    b0, b1, b2, minus_a1, minus_a2 = factors
    out = multiply_add_quads(b0, frames, near)
    near = multiply_add_quads(minus_a1, out, multiply_add_quads(b1, frames, far))
    far = multiply_add_quads(minus_a2, out, multiply_quads(b2, frames))
    return out, near, far


@kernel_part
def _quad_section_at_edge(
    frames: Any, near: Any, far: Any, factors: tuple[Any, ...], place: int, count: int
) -> tuple[Any, Any, Any]:
    """As `_quad_section`; a section whose frame lies outside the stretch (`place`, and one before it) forgets it."""
    out, new_near, new_far = _quad_section(frames, near, far, factors)
    lower, upper = 0 <= place < count, 0 <= place - 1 < count
    near = join_pairs(lower_pair(new_near if lower else near), upper_pair(new_near if upper else near))
    far = join_pairs(lower_pair(new_far if lower else far), upper_pair(new_far if upper else far))
    return out, near, far


@kernel_part
def _run_group(
    source: Any,
    source_start: int,
    target: Any,
    target_start: int,
    count: int,
    factors: NDArray[np.float64],
    memory: NDArray[np.float64],
    first: int,
) -> None:
    """Six sections in one loop, each a frame behind the one before it: nothing in a step waits for anything else in it.

    `source` and `target` may be the same: a frame is written after it has been read.
    """
    one, two, three = (
        _quad_coefficients(factors, first),
        _quad_coefficients(factors, first + 2),
        _quad_coefficients(factors, first + 4),
    )
    one_near, one_far = _load_memory(memory, first)
    two_near, two_far = _load_memory(memory, first + 2)
    three_near, three_far = _load_memory(memory, first + 4)
    nothing = both(0.0)
    one_out = join_pairs(nothing, nothing)
    two_out, three_out = one_out, one_out
    for step in range(_SKEW):
        frame = load_pair(source, source_start + step) if step < count else nothing
        one_in = join_pairs(frame, lower_pair(one_out))
        two_in = join_pairs(upper_pair(one_out), lower_pair(two_out))
        three_in = join_pairs(upper_pair(two_out), lower_pair(three_out))
        one_out, one_near, one_far = _quad_section_at_edge(one_in, one_near, one_far, one, step, count)
        two_out, two_near, two_far = _quad_section_at_edge(two_in, two_near, two_far, two, step - 2, count)
        three_out, three_near, three_far = _quad_section_at_edge(
            three_in, three_near, three_far, three, step - 4, count
        )
    for step in range(_SKEW, count):
        one_in = join_pairs(load_pair(source, source_start + step), lower_pair(one_out))
        two_in = join_pairs(upper_pair(one_out), lower_pair(two_out))
        three_in = join_pairs(upper_pair(two_out), lower_pair(three_out))
        one_out, one_near, one_far = _quad_section(one_in, one_near, one_far, one)
        two_out, two_near, two_far = _quad_section(two_in, two_near, two_far, two)
        three_out, three_near, three_far = _quad_section(three_in, three_near, three_far, three)
        store_pair(target, target_start + step - _SKEW, upper_pair(three_out))
    for step in range(max(_SKEW, count), count + _SKEW):
        frame = nothing
        one_in = join_pairs(frame, lower_pair(one_out))
        two_in = join_pairs(upper_pair(one_out), lower_pair(two_out))
        three_in = join_pairs(upper_pair(two_out), lower_pair(three_out))
        one_out, one_near, one_far = _quad_section_at_edge(one_in, one_near, one_far, one, step, count)
        two_out, two_near, two_far = _quad_section_at_edge(two_in, two_near, two_far, two, step - 2, count)
        three_out, three_near, three_far = _quad_section_at_edge(
            three_in, three_near, three_far, three, step - 4, count
        )
        store_pair(target, target_start + step - _SKEW, upper_pair(three_out))
    _store_memory(memory, first, one_near, one_far)
    _store_memory(memory, first + 2, two_near, two_far)
    _store_memory(memory, first + 4, three_near, three_far)


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
        if sections == _GROUP:
            _run_group(block, start, block, start, count, factors, memory, 0)
        else:
            for index in range(count):
                store_pair(scratch, index, load_pair(block, start + index))
            for first in range(0, sections, _GROUP):
                _run_group(scratch, 0, scratch, 0, count, factors, memory, first)
            for index in range(count):
                store_pair(block, start + index, load_pair(scratch, index))
        start += count
        phase += count
        if phase == scratch.shape[0]:
            phase = 0
            _forget_silence(memory)
    return phase


@kernel_part
def _run_one_moving(
    scratch: NDArray[np.float64],
    count: int,
    factors: NDArray[np.float64],
    steps: NDArray[np.float64],
    memory: NDArray[np.float64],
    section: int,
) -> None:
    """One section whose coefficients take a step before each frame."""
    b0, b1, b2, minus_a1, minus_a2 = _coefficients(factors, section)
    step_b0, step_b1, step_b2, step_a1, step_a2 = _coefficients(steps, section)
    near, far, one = load_pair(memory, 2 * section), load_pair(memory, 2 * section + 1), both(1.0)
    for index in range(count):
        b0, b1, b2 = multiply_add(one, step_b0, b0), multiply_add(one, step_b1, b1), multiply_add(one, step_b2, b2)
        minus_a1, minus_a2 = multiply_add(one, step_a1, minus_a1), multiply_add(one, step_a2, minus_a2)
        frame, near, far = _section(load_pair(scratch, index), near, far, (b0, b1, b2, minus_a1, minus_a2))
        store_pair(scratch, index, frame)
    store_pair(memory, 2 * section, near)
    store_pair(memory, 2 * section + 1, far)
    row = 5 * section
    store_pair(factors, row, b0)
    store_pair(factors, row + 1, b1)
    store_pair(factors, row + 2, b2)
    store_pair(factors, row + 3, minus_a1)
    store_pair(factors, row + 4, minus_a2)


@kernel("int64(float32[:,::1], int64, float64[:,::1], float64[:,::1], float64[:,::1], float64[:,::1], int64)")
def _run_moving(
    block: Block,
    sections: int,
    factors: NDArray[np.float64],
    steps: NDArray[np.float64],
    memory: NDArray[np.float64],
    scratch: NDArray[np.float64],
    phase: int,
) -> int:
    """As `_run_cascade`, while coefficients move; leaves them where they have come to. One section after another."""
    start = 0
    while start < block.shape[0]:
        count = min(scratch.shape[0] - phase, block.shape[0] - start)
        for index in range(count):
            store_pair(scratch, index, load_pair(block, start + index))
        for section in range(sections):
            _run_one_moving(scratch, count, factors, steps, memory, section)
        for index in range(count):
            store_pair(block, start + index, load_pair(scratch, index))
        start += count
        phase += count
        if phase == scratch.shape[0]:
            phase = 0
            _forget_silence(memory)
    return phase
