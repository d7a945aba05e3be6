"""Which field of which model a place of a manifest belongs to."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from farm.manifest.diagnostics import Loc
from farm.manifest.models import Manifest
from farm.manifest.table import Table


@dataclass(frozen=True, slots=True)
class Place:
    """A place without what pydantic puts between keys; `table` holds its last key, whose field is `field`."""

    loc: Loc
    table: type[Table] | None
    field: FieldInfo | None
    kind: Any
    """The type of the value: a model, `list[...]`, `Literal[...]`, float."""

    def choices(self) -> tuple[Any, ...]:
        """Return the values that the place can take, if it takes one of some."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()


def keys_of(table: type[Table]) -> dict[str, FieldInfo]:
    """Return a table's fields by the keys that a manifest uses."""
    return {field.alias or name: field for name, field in table.model_fields.items()}


def find_place(loc: Loc) -> Place:
    """Return the place of a pydantic error. The tag of a chosen union member is left out of its `loc`."""
    kind: Any = Manifest
    table, field = None, None
    plain: list[str | int] = []
    for part in loc:
        if len(members := bare_members(kind)) > 1:
            kind = next((bare for bare in members if part in _tags(bare)), None)
            continue
        plain.append(part)
        kind = members[0] if members else None
        if isinstance(kind, type) and issubclass(kind, Table):
            table, field = kind, keys_of(kind).get(str(part))
            kind = field.annotation if field else None
        elif get_origin(kind) in (list, dict):
            kind = get_args(kind)[-1]
        else:
            kind = None
    members = bare_members(kind)
    return Place(tuple(plain), table, field, members[0] if len(members) == 1 else kind)


def tags_of(kind: Any) -> list[str]:
    """Return the names among which a discriminated union chooses."""
    return [str(tag) for member in bare_members(kind) for tag in _tags(member)]


def bare_members(kind: Any) -> list[Any]:
    """Return the members of a union without None; a type that is no union is its only member."""
    kind = _bare(kind)
    if get_origin(kind) in (Union, UnionType):
        return [bare for member in get_args(kind) if member is not NoneType for bare in bare_members(member)]
    return [] if kind is None else [kind]


def _bare(kind: Any) -> Any:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return kind


def _tags(kind: Any) -> tuple[Any, ...]:
    """Return the tags that choose a member: the values of its `type` or `kind`, or those that models.py gives."""
    if isinstance(kind, type) and issubclass(kind, Table):
        field = kind.model_fields.get("type") or kind.model_fields.get("kind")
        return get_args(_bare(field.annotation)) if field else ()
    if get_origin(kind) is Literal:
        return get_args(kind)
    return ("files",) if get_origin(kind) is list else ("number",) if kind is float else ()


def range_of(field: FieldInfo) -> tuple[float | None, float | None]:
    """Return the lowest and highest value of a number's field, None where there is no limit."""
    limits = list(_limits(field))
    low = next((limit.ge for limit in limits if hasattr(limit, "ge")), None)
    above = next((limit.gt for limit in limits if hasattr(limit, "gt")), None)
    return above if low is None else low, next((limit.le for limit in limits if hasattr(limit, "le")), None)


def _limits(kind: Any) -> Iterator[Any]:
    """Yield the constraints of a field, wherever in its type they are attached."""
    if isinstance(kind, FieldInfo):
        yield from kind.metadata
        kind = kind.annotation
    if get_origin(kind) is Annotated:
        for item in kind.__metadata__:
            yield from item.metadata if isinstance(item, FieldInfo) else (item,)
    if get_origin(kind) in (Annotated, Union, UnionType):
        for member in get_args(kind):
            yield from _limits(member)
