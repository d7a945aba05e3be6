"""Programmes: songs that are one to the matching, because they go on from each other as one recording."""

from collections import defaultdict
from collections.abc import Iterable

from farm.plan.match_spec import MatchSpec


def find_programmes(match: MatchSpec, numbers: Iterable[int]) -> list[tuple[int, ...]]:
    """Return these songs in programmes, in the order of the album: most are one of their own."""
    programmes: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number in sorted(numbers):
        joined = match.song(number).joined
        programmes[("alone", number) if joined is None else ("joined", joined)].append(number)
    return [tuple(members) for members in programmes.values()]
