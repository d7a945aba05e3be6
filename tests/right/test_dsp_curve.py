"""Curves: through their points, by their shapes, without a jump where a glide is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.dsp.curve import FOREVER, SHAPES, Curve

POINTS = [(100, -20.0, "linear"), (200, 0.0, "hold"), (300, 6.0, "smooth"), (400, -6.0, "fast"), (600, 0.0, "slow")]
POINTS += [(800, 3.0, "linear"), (800, 9.0, "linear"), (900, 1.0, "hold")]


def values(points: list[tuple[int, float, str]], frames: int, glide: int = 0) -> np.ndarray:
    out = np.empty(frames)
    Curve(points, glide).fill(0, out)
    return out


def test_it_goes_through_its_points_and_rests_outside() -> None:
    found = values(POINTS, 1200)
    assert (found[:100] == -20.0).all()
    assert found[[100, 200, 300, 400, 600, 800, 900, 1100]].tolist() == [-20.0, 0.0, 6.0, -6.0, 0.0, 9.0, 1.0, 1.0]


def test_each_shape_is_its_law() -> None:
    part = np.arange(100) / 100.0
    laws = {
        "linear": part,
        "hold": 0.0 * part,
        "smooth": 3 * part**2 - 2 * part**3,
        "fast": 1 - (1 - part) ** 2,
        "slow": part**2,
    }
    assert set(laws) == set(SHAPES)
    for shape, law in laws.items():
        found = values([(0, 2.0, shape), (100, -1.0, "hold")], 100)
        assert found == pytest.approx(2.0 - 3.0 * law, abs=1e-12)


def test_without_a_glide_two_points_in_one_place_are_a_jump() -> None:
    found = values(POINTS, 1000)
    assert found[799] == pytest.approx(3.0, abs=0.05)
    assert found[800] == 9.0


@pytest.mark.parametrize("glide", [1, 48, 240])
def test_a_jump_is_spread_over_the_glide(glide: int) -> None:
    found = values([(100, 0.0, "hold"), (500, 1.0, "hold"), (900, 0.0, "hold")], 1500, glide)
    assert np.abs(np.diff(found)).max() == pytest.approx(1.0 / glide)
    assert found[500] == 0.0
    assert found[500 + glide] == 1.0


def test_a_jump_in_the_middle_of_a_glide_goes_on_from_what_is_heard() -> None:
    found = values([(0, 0.0, "hold"), (100, 1.0, "hold"), (150, 0.0, "hold")], 400, 100)
    assert found[150] == pytest.approx(0.5)
    assert np.abs(np.diff(found)).max() <= 0.0101
    assert found[250:] == pytest.approx(0.0)


curves = st.lists(
    st.tuples(st.integers(0, 300), st.floats(-60.0, 12.0), st.sampled_from(sorted(SHAPES))), min_size=1, max_size=8
).map(lambda points: sorted(points, key=lambda point: point[0]))


@given(curves, st.integers(0, 40), st.integers(-50, 400))
def test_it_says_for_how_long_it_rests(points: list[tuple[int, float, str]], glide: int, frame: int) -> None:
    curve = Curve(points, glide)
    until = curve.constant_until(frame)
    assert until >= frame
    out = np.empty(min(max(until, frame + 1), 500) - frame if until < FOREVER else 500)
    curve.fill(frame, out)
    assert (out == out[0]).all()


@given(curves, st.integers(0, 40), st.integers(0, 60))
def test_a_value_depends_on_its_frame_alone(points: list[tuple[int, float, str]], glide: int, start: int) -> None:
    whole, part = np.empty(400), np.empty(400 - start)
    Curve(points, glide).fill(0, whole)
    Curve(points, glide).fill(start, part)
    assert np.array_equal(whole[start:], part)


@given(curves, st.integers(1, 40))
def test_it_stays_within_the_values_of_its_points(points: list[tuple[int, float, str]], glide: int) -> None:
    found, given_values = values(points, 400, glide), [point[1] for point in points]
    assert found.min() >= min(given_values) - 1e-9
    assert found.max() <= max(given_values) + 1e-9
