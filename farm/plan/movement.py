"""From the automation of a manifest to curves in frames."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from farm.manifest.automation import AutomatedTable, Automation
from farm.manifest.song import Vca
from farm.plan.spec import CurveSpec, LevelSpec
from farm.plan.tempo import TempoMap


def curve_spec(automation: Automation, tempo: TempoMap) -> CurveSpec:
    """Return the curve of an automation."""
    return CurveSpec(tuple((tempo.frames(point.at), point.value, point.shape) for point in automation.points))


def find_curve(table: AutomatedTable, key: str, tempo: TempoMap) -> CurveSpec | None:
    """Return the curve of a table's key, the last if it has several; None if it does not move."""
    found = [automation for automation in table.automation if automation.of == key]
    return curve_spec(found[-1], tempo) if found else None


def level_spec(table: AutomatedTable, gain_db: float, vcas: Iterable[Vca], tempo: TempoMap) -> LevelSpec:
    """Return the level of a fader or send with the VCAs that it follows. A curve takes the place of `gain_db`."""
    level = _own_level(table, gain_db, tempo)
    for vca in vcas:
        offset = _own_level(vca, vca.gain_db, tempo)
        level = replace(
            level,
            gain_db=level.gain_db + offset.gain_db,
            curves=level.curves + offset.curves,
            mutes=level.mutes + offset.mutes,
        )
    return level


def _own_level(table: AutomatedTable, gain_db: float, tempo: TempoMap) -> LevelSpec:
    curve, mute = find_curve(table, "gain_db", tempo), find_curve(table, "mute", tempo)
    return LevelSpec(0.0 if curve else gain_db, (curve,) if curve else (), (mute,) if mute else ())


def followed_vcas(names: Sequence[str], vcas: Sequence[Vca]) -> list[Vca]:
    """Return the VCAs of those names and those that they follow in turn, each once."""
    by_name = {vca.name: vca for vca in vcas}
    found: dict[str, Vca] = {}
    waiting = list(names)
    for name in waiting:
        if name not in found:
            found[name] = by_name[name]
            waiting += by_name[name].vca
    return list(found.values())
