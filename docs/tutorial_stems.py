"""Writes three short stems into `stems/` of the folder that you are in, for the tutorial."""

from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 48000
SECONDS = 8

times = np.arange(SECONDS * RATE_HZ) / RATE_HZ
noise = np.random.default_rng(1).standard_normal((len(times), 2))


def notes(hz: float, each_second: float, decay: float) -> np.ndarray:
    """Return a tone that is struck again and again and dies away each time."""
    return np.sin(2 * np.pi * hz * times) * np.exp(-decay * (times * each_second % 1.0))


drums = 0.6 * notes(55, 2, 9)[:, None] + 0.1 * noise * np.exp(-14 * (times * 4 % 1.0))[:, None]
bass = 0.3 * notes(82.4, 1, 2) + 0.05 * notes(164.8, 1, 3)
vocal = 0.2 * notes(440, 0.5, 1) + 0.1 * notes(880, 0.5, 2) + 0.05 * notes(1320, 1, 3)

Path("stems").mkdir(exist_ok=True)
for name, stem in (("drums", drums), ("bass", bass), ("vocal", vocal)):
    soundfile.write(f"stems/{name}.wav", stem, RATE_HZ, subtype="PCM_24")
