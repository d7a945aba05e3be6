"""An input file as the plan sees it, and which of its facts enter keys."""

from dataclasses import dataclass, field

NOT_IN_KEY = {"key": False}


@dataclass(frozen=True, slots=True)
class InputSpec:
    """An input file: what it holds (a digest of its bytes) and where it was when the plan was made."""

    digest: str
    path: str = field(metadata=NOT_IN_KEY)
    size_bytes: int = field(metadata=NOT_IN_KEY)
    mtime_ns: int = field(metadata=NOT_IN_KEY)
