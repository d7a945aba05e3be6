"""Charts: values are placed where they belong, and long series keep their peaks."""

import pytest

from farm.report.chart import Axis, Panel, clock_ticks, even_ticks, thin_out


def test_values_lie_between_the_ends_of_their_axis() -> None:
    panel = Panel(10.0, 20.0, 100.0, 50.0, Axis(100.0, 10_000.0, logarithmic=True), Axis(-30.0, 0.0))
    assert [panel.x(hz) for hz in (100.0, 1_000.0, 10_000.0)] == pytest.approx([10.0, 60.0, 110.0])
    assert [panel.y(db) for db in (0.0, -15.0, -30.0)] == pytest.approx([20.0, 45.0, 70.0])


def test_what_is_outside_lies_at_the_end() -> None:
    axis = Axis(-30.0, 0.0)
    assert (axis.share(5.0), axis.share(float("-inf"))) == (1.0, 0.0)
    upside_down = Axis(3.0, 0.0)
    assert (upside_down.share(5.0), upside_down.share(-1.0)) == (0.0, 1.0)


def test_ticks_are_round_and_not_too_many() -> None:
    assert even_ticks(-60.0, 0.0, 6) == [-60.0, -50.0, -40.0, -30.0, -20.0, -10.0, 0.0]
    assert even_ticks(-24.0, 6.0, 6) == [-20.0, -15.0, -10.0, -5.0, 0.0, 5.0]
    assert clock_ticks(95.0, 4) == [(0.0, "0:00"), (30.0, "0:30"), (60.0, "1:00"), (90.0, "1:30")]
    assert len(clock_ticks(10 * 3_600.0)) <= 9


def test_thinning_out_keeps_the_highest_of_each_stretch() -> None:
    assert thin_out([1.0, 5.0, 2.0, 3.0], 2) == [(0.5, 5.0), (2.5, 3.0)]
    assert thin_out([1.0, 2.0], 10) == [(0.0, 1.0), (1.0, 2.0)]
    assert thin_out([], 10) == []
    levels = [float(index % 97) for index in range(10_000)]
    assert len(thin_out(levels, 600)) == 600
    assert max(level for _, level in thin_out(levels, 600)) == 96.0
