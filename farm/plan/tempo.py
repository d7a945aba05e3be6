"""From bars and beats to seconds and frames."""

from collections.abc import Sequence

from farm.manifest.moment import Moment
from farm.manifest.song import Tempo


class TempoMap:
    """The tempo of a song: each change holds from the beginning of its bar. A song without one counts in seconds."""

    def __init__(self, changes: Sequence[Tempo], rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._starts: list[tuple[Tempo, float]] = []
        seconds = 0.0
        for index, change in enumerate(changes):
            if index:
                before = changes[index - 1]
                seconds += (change.bar - before.bar) * before.beats_per_bar * 60.0 / before.bpm
            self._starts.append((change, seconds))

    def seconds(self, moment: Moment) -> float:
        """Return when a moment is, in seconds from the song's beginning."""
        if moment.seconds is not None:
            return moment.seconds
        change, start = next(each for each in reversed(self._starts) if each[0].bar <= moment.bar)
        beats = (moment.bar - change.bar) * change.beats_per_bar + moment.beat - 1.0
        return start + beats * 60.0 / change.bpm

    def frames(self, moment: Moment) -> int:
        """Return when a moment is, in frames at the album's rate, to the nearest."""
        return round(self.seconds(moment) * self._rate_hz)

    def beats_ms(self, beats: float) -> float:
        """Return how long so many beats are at the tempo that the song begins with, in ms."""
        return beats * 60_000.0 / self._starts[0][0].bpm
