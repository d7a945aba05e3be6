"""The third-octave bands in which tone is measured and matched."""

NOMINAL_HZ = (
    25.0, 31.5, 40.0, 50.0, 63.0, 80.0, 100.0, 125.0, 160.0, 200.0, 250.0, 315.0, 400.0, 500.0, 630.0,
    800.0, 1000.0, 1250.0, 1600.0, 2000.0, 2500.0, 3150.0, 4000.0, 5000.0, 6300.0, 8000.0, 10000.0,
    12500.0, 16000.0, 20000.0,
)  # fmt: skip
"""The bands' names as people write them (IEC 61260-1:2014, Annex E)."""

LTAS_BANDS_HZ = tuple(10.0 ** (number / 10.0) * 1000.0 for number in range(-16, 14))
"""Exact mid-band frequencies, base ten: 1000 * 10^(x/10) (IEC 61260-1:2014, 5.4)."""

LTAS_EDGES_HZ = tuple(10.0 ** ((number - 0.5) / 10.0) * 1000.0 for number in range(-16, 15))
"""Band i lies between edges i and i + 1 (IEC 61260-1:2014, 5.5)."""
