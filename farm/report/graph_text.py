"""The graph of an album as text for other programs: dot for Graphviz, and Mermaid."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from farm.plan.node import Plan
from farm.plan.status import PlannedNode
from farm.report.graph_picture import STATUS_COLORS

_ENTITIES = str.maketrans(
    {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"}
)
"""What would end a quoted text of Mermaid's, or be marked up in it."""


def graph_as_dot(plan: Plan, nodes: Sequence[PlannedNode], seconds: Mapping[str, float]) -> str:
    """Return the graph in Graphviz's language: every task and every edge."""
    lines = [
        "digraph farm {",
        f"  label = {_quoted(plan.album)};",
        "  rankdir = LR;",
        '  node [shape = box, style = filled, fontname = "sans-serif"];',
    ]
    for title, members in _by_song(plan, nodes):
        opening = [f"  subgraph {_quoted('cluster ' + title)} {{", f"    label = {_quoted(title)};"] if title else []
        drawn = [f"    {_quoted(each.node.id)} [{_dot_attributes(each, seconds)}];" for each in members]
        lines += [*opening, *drawn, *(["  }"] if title else [])]
    lines += [f"  {_quoted(one)} -> {_quoted(other)};" for one, other in _edges(nodes)]
    return "\n".join([*lines, "}", ""])


def graph_as_mermaid(plan: Plan, nodes: Sequence[PlannedNode], seconds: Mapping[str, float]) -> str:
    """Return the graph as a Mermaid flow chart: every task and every edge."""
    names = {each.node.id: f"n{place}" for place, each in enumerate(nodes)}
    lines = ["---", f"title: {_in_yaml(plan.album)}", "---", "flowchart LR"]
    for place, (title, members) in enumerate(_by_song(plan, nodes)):
        opening = [f'  subgraph s{place} ["{_in_mermaid(title)}"]'] if title else []
        drawn = [
            f'    {names[each.node.id]}["{"<br>".join(map(_in_mermaid, _caption(each, seconds)))}"]:::{each.status}'
            for each in members
        ]
        lines += [*opening, *drawn, *(["  end"] if title else [])]
    lines += [f"  {names[one]} --> {names[other]}" for one, other in _edges(nodes)]
    lines += [f"  classDef {status} fill:{color}38,stroke:{color}" for status, color in STATUS_COLORS.items()]
    return "\n".join([*lines, ""])


def _by_song(plan: Plan, nodes: Sequence[PlannedNode]) -> Iterator[tuple[str, list[PlannedNode]]]:
    """Yield the tasks of each song with its title, and those of the album without one."""
    titles: dict[int | None, str] = {song.number: f"{song.number} {song.title}" for song in plan.songs}
    order = sorted(nodes, key=lambda each: (each.node.song is None, each.node.song or 0))
    for song, members in groupby(order, key=lambda each: each.node.song):
        yield titles.get(song, ""), list(members)


def _edges(nodes: Sequence[PlannedNode]) -> Iterator[tuple[str, str]]:
    """Yield what reads from what, each pair once."""
    for each in nodes:
        for need in dict.fromkeys(need.node for need in each.node.needs):
            yield need, each.node.id


def _caption(each: PlannedNode, seconds: Mapping[str, float]) -> list[str]:
    """Return the lines that a task's box shows."""
    took = seconds.get(each.node.id)
    return [each.node.id] + ([] if took is None else [f"{took:.1f} s"])


def _dot_attributes(each: PlannedNode, seconds: Mapping[str, float]) -> str:
    color = STATUS_COLORS[each.status]
    tooltip = f"{each.node.label}: {each.reason.detail}"
    caption = _quoted("\n".join(_caption(each, seconds))).replace("\n", "\\n")
    return f'label = {caption}, color = "{color}", fillcolor = "{color}38", tooltip = {_quoted(tooltip)}'


def _quoted(text: str) -> str:
    """Return a text as dot quotes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_mermaid(text: str) -> str:
    return text.translate(_ENTITIES)


def _in_yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
