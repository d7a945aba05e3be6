"""Contestants side by side: each in a process of its own, in turn, round by round, and the ratios of their times.

`work` is what a contestant does with its libraries imported before, `whole` the process from start to end; both are
medians. A ratio is the median over the rounds of that contestant's time by farm's.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from typing import NamedTuple


class Round(NamedTuple):
    """One run: seconds of work, seconds of the whole process, peak memory in MB."""

    work_seconds: float
    whole_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Contestant:
    """What it does, and what it loads before the clock of its work starts; `python` is another interpreter than this
    one where its libraries are installed elsewhere."""

    work: Callable[..., None]
    imports: tuple[str, ...] = ()
    python: str = sys.executable


def compete(contestant: Contestant, *arguments: object) -> None:
    """Be that contestant: import, work, print the seconds of the work alone."""
    for module in contestant.imports:
        import_module(module)
    began = time.perf_counter()
    contestant.work(*arguments)
    print(time.perf_counter() - began)  # noqa: T201


def run_once(contestant: Contestant, command: Sequence[str]) -> Round:
    """Run a contestant in a process of its own; `command` is a script and its arguments, which call `compete`."""
    began = time.perf_counter()
    process = subprocess.Popen([contestant.python, *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read().split()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Round(float(printed[-1]), time.perf_counter() - began, usage.ru_maxrss / 1024)


def run_rounds(
    contestants: Mapping[str, Contestant], names: Iterable[str], command: Callable[[str], Sequence[str]], rounds: int
) -> dict[str, list[Round]]:
    """Run these contestants in turn, so many rounds. farm runs once before, for kernels that are not compiled yet."""
    runs: dict[str, list[Round]] = {name: [] for name in names}
    run_once(contestants["farm"], command("farm"))
    for _ in range(rounds):
        for name, so_far in runs.items():
            so_far.append(run_once(contestants[name], command(name)))
    return runs


def print_table(runs: Mapping[str, Sequence[Round]], seconds: float) -> None:
    """Print medians, how many times real time they are, and each contestant's time by farm's."""
    heads = (
        "work s",
        f"   {'range':14}",
        " times real time",
        "  whole s",
        "  peak MB",
        "   work by farm's",
        "  whole by farm's",
    )
    print(f"{'':17}" + "".join(heads))  # noqa: T201
    for name, rounds in runs.items():
        work = [each.work_seconds for each in rounds]
        pairs = list(zip(rounds, runs["farm"], strict=True))
        by_work = median(each.work_seconds / farm.work_seconds for each, farm in pairs)
        by_whole = median(each.whole_seconds / farm.whole_seconds for each, farm in pairs)
        whole, peak = median(each.whole_seconds for each in rounds), median(each.peak_mb for each in rounds)
        middle, spread = median(work), f"{min(work):.2f} to {max(work):.2f}"
        print(  # noqa: T201
            f"{name:16} {middle:6.2f}   {spread:14} {seconds / middle:15.0f} {whole:9.2f} {peak:9.0f}"
            f" {by_work:16.1f} {by_whole:17.1f}"
        )
