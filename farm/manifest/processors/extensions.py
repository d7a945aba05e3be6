"""Processors of other packages, found through their entry points."""

from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import get_args

from farm.errors import UsageError
from farm.manifest.processors.base import ProcessorParams

GROUP = "farm.processors"
"""The entry point group of parameter classes; the name of an entry point is the processor's `type`."""


def load_extensions(own: Sequence[type[ProcessorParams]]) -> Iterator[type[ProcessorParams]]:
    """Yield the parameter classes of installed extensions, in the order of their names.

    Raises UsageError for one that cannot be imported, is no processor, or bears a name that is taken.
    """
    taken = {name_of(each) for each in own}
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        params = _load(entry)
        if entry.name in taken or name_of(params) != entry.name:
            raise _broken(entry, f"its type is {name_of(params)!r}, and that name is taken or not the entry point's")
        taken.add(entry.name)
        yield params


def name_of(params: type[ProcessorParams]) -> str | None:
    """Return the one value of a processor's `type`."""
    field = params.model_fields.get("type")
    names = get_args(field.annotation) if field else ()
    return str(names[0]) if len(names) == 1 else None


def _load(entry: EntryPoint) -> type[ProcessorParams]:
    try:
        params = entry.load()
    except Exception as error:  # whatever another package does when it is imported
        raise _broken(entry, f"{type(error).__name__}: {error}") from error
    if not (isinstance(params, type) and issubclass(params, ProcessorParams)):
        raise _broken(entry, "it is no subclass of ProcessorParams")
    return params


def _broken(entry: EntryPoint, reason: str) -> UsageError:
    package = entry.dist.name if entry.dist else "a package"
    return UsageError(
        f"the processor {entry.name!r} of {package} cannot be used: {reason}",
        code="extension-broken",
        hint=f"mend or uninstall {package}",
        where=entry.value,
    )
