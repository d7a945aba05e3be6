"""How a limiter behaves: its characters, and the settings that choose one and change it."""

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, get_args

MOST_GAIN_DB = 24.0
"""What is quieter than this below its goal stays below it."""

CharacterName = Literal["transparent", "punchy", "loud"]
CHARACTER_NAMES: tuple[CharacterName, ...] = get_args(CharacterName)


@dataclass(frozen=True, slots=True)
class Character:
    """The times of a limiter. Its gain returns in two ways at once, and the lower of the two counts.

    The quick way returns with `release_ms` (time constants: after one, 63 % are done). The slow way follows the quick
    one: it comes down to it within `settle_ms` and back up within `recover_ms`. A lone transient is over before the
    slow way has moved, and the gain returns quickly; where reduction lasts, the slow way has settled, and the gain
    stays near it instead of moving up and down with every beat or wave.
    """

    attack_ms: float
    """The look-ahead: within it the gain moves down to what a peak asks for."""
    hold_ms: float
    """The gain stays down that long after a peak. No shorter than half a period, and the tone is not bent at all."""
    release_ms: float
    settle_ms: float
    """Infinite where only the quick way counts."""
    recover_ms: float


# Measured: distortion of a sine of 40 Hz driven 6 dB over the limit; mean reduction of a minute of dense music (as
# mastered -11.8 LUFS) at -11 and at -9 LUFS under a ceiling of -1 dBTP.
CHARACTERS = MappingProxyType(
    {
        # 0.6 %, 0.7 and 7.4 dB. Long look-ahead, and a gain that moves little under lasting reduction.
        "transparent": Character(attack_ms=4.0, hold_ms=3.0, release_ms=25.0, settle_ms=1500.0, recover_ms=60.0),
        # 1.0 %, 0.7 and 7.2 dB. Held over a hit, so that its body is lowered as its attack is; then back.
        "punchy": Character(attack_ms=1.0, hold_ms=6.0, release_ms=25.0, settle_ms=1500.0, recover_ms=60.0),
        # 5.9 %, 0.4 and 2.8 dB. Back at once: the most loudness for its reduction, and the most distortion of the bass.
        "loud": Character(attack_ms=1.0, hold_ms=1.0, release_ms=12.0, settle_ms=150.0, recover_ms=60.0),
    }
)


@dataclass(frozen=True, slots=True)
class LimiterSettings:
    """A limiter as it is asked for. Times that are None are the character's own."""

    character: str = "transparent"
    """One of CHARACTER_NAMES."""
    link: float = 1.0
    """1: both channels share one gain. 0: each has its own. Between: the part of what one channel asks for beyond the
    other's own gain that the other takes too, of linear gain."""
    soft_clip_db: float = 0.0
    """What a soft clipper in front takes off peaks at most; 0 leaves it out."""
    attack_ms: float | None = None
    hold_ms: float | None = None
    release_ms: float | None = None
    """A fixed release: the gain returns with this time constant whatever the music does."""

    def resolve(self) -> Character:
        """Return all times filled in."""
        times = CHARACTERS[self.character]
        if self.release_ms is not None:
            times = replace(times, release_ms=self.release_ms, settle_ms=math.inf)
        if self.attack_ms is not None:
            times = replace(times, attack_ms=self.attack_ms)
        return times if self.hold_ms is None else replace(times, hold_ms=self.hold_ms)


TRANSPARENT = LimiterSettings()
