"""Translation: how the songs of an album stand to each other where people listen, from smart phones to hi-fi.

Numbers in, numbers out. A device that is linear multiplies the power in each band by |H|^2; so what it does to loudness
and tone follows from a song's third-octave spectra, those of its mid and side, and the K-weighting. No sample is
touched. What a device does beyond that (compression, distortion at full volume) is not seen.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from farm.album.curve import Curve, levels_to_powers
from farm.album.playback import Playback
from farm.album.smoothing import smooth_bands
from farm.measure.band_weights import band_weights
from farm.measure.bands import LTAS_BANDS_HZ
from farm.records import Measurement

Aspect = Literal["loudness", "tone", "mono", "lows"]

_EVERYTHING_LOST_LU = 60.0
"""The mono loss of a song that is nothing but side: a figure that JSON can hold."""

_HALF_BAND = 10.0**0.05
"""From a band's middle to its edge (IEC 61260-1:2014, 5.5): a range holds a band whose middle lies that near."""

_SMOOTHING_OCTAVES = 0.5
"""As tone matching smooths, if not told otherwise."""


@dataclass(frozen=True, slots=True)
class TranslationLimits:
    """Beyond these a song is warned of.

    `loudness_lu` and `tone_db` are distances from the album's middle on the same device, `mono_loss_lu` is what a mono
    device may take, `low_correlation` what left and right below 120 Hz have to have.
    """

    loudness_lu: float
    tone_db: float
    mono_loss_lu: float
    low_correlation: float


@dataclass(frozen=True, slots=True)
class Heard:
    """One song on one device.

    `loudness_shift_lu` is by how much the device changes its loudness, `loudness_off_lu` how far that is from the
    median of the album's songs: positive is louder there than the others. `tone_off_db` is how far its spectrum in the
    device's range is from the median of the songs, each relative to its own mean: the root of the mean square over the
    third-octave bands. `mono_loss_lu` is what left and right lose where the device makes them one: 0 for mono, 3 for
    uncorrelated channels, more for those against each other; 0 on a stereo device.
    """

    loudness_shift_lu: float
    loudness_off_lu: float
    tone_off_db: float
    mono_loss_lu: float


@dataclass(frozen=True, slots=True)
class TranslationWarning:
    """A song that is beyond a limit: on the `device` where it is farthest, by name, or everywhere if that is None."""

    aspect: Aspect
    device: str | None
    value: float
    limit: float
    text: str


@dataclass(frozen=True, slots=True)
class Translation:
    """One song on all devices, by their names. Nothing is heard of a song of silence."""

    heard: Mapping[str, Heard]
    low_correlation: float | None
    warnings: tuple[TranslationWarning, ...]


def translate_album(
    songs: Mapping[int, Measurement], playbacks: Mapping[str, Playback], limits: TranslationLimits
) -> dict[int, Translation]:
    """Return how each song, by its number, sounds on each of these devices, and what is beyond the limits."""
    by_device = {name: translate(songs, playback) for name, playback in playbacks.items()}
    translations = {}
    for number, song in songs.items():
        heard = {name: found[number] for name, found in by_device.items() if number in found}
        warnings = (
            *_check_figure("loudness", heard, playbacks, limits.loudness_lu),
            *_check_figure("tone", heard, playbacks, limits.tone_db),
            *_check_figure("mono", heard, playbacks, limits.mono_loss_lu),
            *_check_lows(song.low_correlation, limits.low_correlation),
        )
        translations[number] = Translation(heard, song.low_correlation, warnings)
    return translations


def translate(songs: Mapping[int, Measurement], playback: Playback) -> dict[int, Heard]:
    """Return how each song, by its number, sounds on a device; songs without a spectrum (silence) are left out."""
    played = {number: _Played.of(song, playback) for number, song in songs.items() if song.ltas_db}
    if not played:
        return {}
    middle_lu = np.median([song.shift_lu for song in played.values()])
    middle_db = np.median([song.tone_db for song in played.values()], axis=0)
    return {
        number: Heard(
            loudness_shift_lu=round(song.shift_lu, 3),
            loudness_off_lu=round(float(song.shift_lu - middle_lu), 3),
            tone_off_db=round(float(np.sqrt(np.mean((song.tone_db - middle_db) ** 2))), 3),
            mono_loss_lu=round(song.mono_loss_lu, 3),
        )
        for number, song in played.items()
    }


@dataclass(frozen=True, slots=True)
class _Played:
    """A song on a device by itself. `tone_db`, `(bands in range,)`, has a mean of 0."""

    shift_lu: float
    mono_loss_lu: float
    tone_db: Curve

    @classmethod
    def of(cls, song: Measurement, playback: Playback) -> "_Played":
        """A device that makes both channels (left + right) / 2 plays twice the power of the mid."""
        bands_hz, weights = np.array(LTAS_BANDS_HZ), np.array(band_weights())
        stereo, gain = levels_to_powers(song.ltas_db), levels_to_powers(playback.response_db)
        folded = 2.0 * levels_to_powers(song.ltas_mid_db) if song.ltas_mid_db else stereo
        is_mono = bands_hz < playback.mono_below_hz
        played = gain * np.where(is_mono, folded, stereo)
        return cls(
            shift_lu=float(10.0 * np.log10(weights @ played / (weights @ stereo))),
            mono_loss_lu=_loss_lu((weights * gain * stereo)[is_mono].sum(), (weights * gain * folded)[is_mono].sum()),
            tone_db=_tone_db(played, playback),
        )


def _loss_lu(stereo: float, folded: float) -> float:
    """Return the loss between no loss, which the rounding of the spectra may pass, and all."""
    if stereo <= folded:
        return 0.0
    return min(_EVERYTHING_LOST_LU, 10.0 * math.log10(stereo / folded)) if folded > 0.0 else _EVERYTHING_LOST_LU


def _tone_db(played: Curve, playback: Playback) -> Curve:
    """A band's level is never lower than the noise in it: what the noise hides does not set songs apart."""
    bands_hz, (low_hz, high_hz) = np.array(LTAS_BANDS_HZ), playback.range_hz
    in_range = (bands_hz > low_hz / _HALF_BAND) & (bands_hz < high_hz * _HALF_BAND)
    heard = played + levels_to_powers(playback.noise_db) if playback.noise_db else played
    smooth_db = smooth_bands(bands_hz[in_range], 10.0 * np.log10(heard[in_range]), _SMOOTHING_OCTAVES)
    centred_db: Curve = smooth_db - np.mean(smooth_db)
    return centred_db


_FIGURES: Mapping[Aspect, Callable[[Heard], float]] = {
    "loudness": lambda heard: heard.loudness_off_lu,
    "tone": lambda heard: heard.tone_off_db,
    "mono": lambda heard: heard.mono_loss_lu,
}

_TEXTS: Mapping[Aspect, Callable[[float], str]] = {
    "loudness": lambda lu: (
        f"{abs(lu):.1f} LU {'louder' if lu > 0.0 else 'softer'} against the album's other songs than it is"
    ),
    "tone": lambda db: f"{db:.1f} dB from the album's tone",
    "mono": lambda lu: f"{lu:.1f} LU lost in mono",
}


def _check_figure(
    aspect: Aspect, heard: Mapping[str, Heard], playbacks: Mapping[str, Playback], limit: float
) -> Iterator[TranslationWarning]:
    """Yield a warning for the device on which a song is farthest beyond a limit, if there is one."""
    values = {name: _FIGURES[aspect](song) for name, song in heard.items()}
    beyond = [name for name, value in values.items() if abs(value) > limit]
    if not beyond:
        return
    worst = max(beyond, key=lambda name: abs(values[name]))
    others = f", and beyond the limit on {len(beyond) - 1} more" if len(beyond) > 1 else ""
    text = f"{playbacks[worst].where}: {_TEXTS[aspect](values[worst])}{others}"
    yield TranslationWarning(aspect, worst, values[worst], limit, text)


def _check_lows(correlation: float | None, limit: float) -> Iterator[TranslationWarning]:
    if correlation is None or correlation >= limit:
        return
    text = f"below 120 Hz left and right correlate by {correlation:.2f}: mono subwoofers lose bass, a lathe its groove"
    yield TranslationWarning("lows", None, correlation, limit, text)
