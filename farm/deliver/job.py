"""What a writer of a format gets."""

from dataclasses import dataclass
from pathlib import Path

from farm.deliver.cover import Cover
from farm.deliver.song_facts import SongFacts
from farm.deliver.tag_fields import Values
from farm.deliver.words import WordStream
from farm.plan.spec import EncodeSpec


@dataclass(frozen=True, slots=True)
class Job:
    """A stream of samples that becomes a whole file at `target`; `values` are the texts of its tags."""

    spec: EncodeSpec
    words: WordStream
    target: Path
    frames: int
    rate_hz: int
    values: Values
    cover: Cover | None
    facts: SongFacts | None
