"""References: whether the recordings that are to be aimed at have what is aimed at."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from farm.album.curve import Curve
from farm.album.tone import spectrum_db
from farm.album.width import side_over_mid_db
from farm.errors import AudioError
from farm.plan.match_spec import MatchSpec, ReferenceSpec
from farm.records import Measurement

References = Mapping[ReferenceSpec, Measurement]


def check_references(spec: MatchSpec, references: References) -> None:
    """Raise AudioError (`reference-silent`) where a kind of matching has references and none of them has it.

    Some that have it are enough: the others have no say.
    """
    if spec.loudness_references and spec.loudness_mode != "none":
        _check(spec.loudness_references, references, lambda song: song.loudness_lufs(spec.loudness_measure), "loudness")
    if spec.tone and spec.tone.references:
        _check(spec.tone.references, references, lambda song: _known(spectrum_db(song)), "tone")
    if spec.width and spec.width.references:
        _check(spec.width.references, references, lambda song: _known(side_over_mid_db(song)), "width")
    if spec.dynamics and spec.dynamics.references:
        _check(spec.dynamics.references, references, lambda song: song.loudness_range_lu, "dynamics")


_HINTS = {
    "loudness": "name a reference that is not silent, or write a loudness in LUFS",
    "tone": "name a reference that is not silent",
    "width": "name a reference that is stereo, or leave [target.width] out",
    "dynamics": "name a reference that lasts longer than 3 s and is not silent",
}


def _check(
    specs: Sequence[ReferenceSpec], references: References, read: Callable[[Measurement], float | None], kind: str
) -> None:
    if all(read(references[each]) is None for each in specs):
        names = ", ".join(dict.fromkeys(each.file.path for each in specs))
        message = f"no reference has {'dynamics' if kind == 'dynamics' else f'a {kind}'} that could be aimed at"
        raise AudioError(message, code="reference-silent", hint=_HINTS[kind], where=names)


def _known(curve: Curve | None) -> float | None:
    """Return the highest value of a curve, None if it has none."""
    return None if curve is None or np.isnan(curve).all() else float(np.nanmax(curve))
