"""What came of a render, as digests: what a lock holds it to."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from farm.graph.task import Made, Result
from farm.plan.lock import LockedFile, Outputs
from farm.plan.node import Plan
from farm.plan.spec import FinishSpec
from farm.report.summary import DeliveredFile


def output_digests(plan: Plan, results: Mapping[str, Result], files: Sequence[DeliveredFile], out: Path) -> Outputs:
    """Return the digests of all finished songs and delivered files; `out` is the folder that these lie in."""
    delivered = {
        file.path.relative_to(out).as_posix(): LockedFile(file.sha256, file.audio_sha256)
        for file in sorted(files, key=lambda each: each.path)
    }
    return Outputs(_finished(plan, results), delivered)


def _finished(plan: Plan, results: Mapping[str, Result]) -> dict[str, str]:
    """A node is called after its first song and its rate, `finish:3@44100`."""
    found: dict[str, str] = {}
    for node in plan.nodes:
        result = results.get(node.id)
        if isinstance(node.spec, FinishSpec) and node.song is not None and isinstance(result, Made):
            for place in range(len(node.spec.takes)):
                song = plan.songs[node.song + place - 1]
                name = f"{song.number:02} {song.title} @{node.id.partition('@')[2]}"
                found[name] = result.record.outputs[str(place)].digest
    return found
