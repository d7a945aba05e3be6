"""Imports point down, and quick commands stay quick: nothing heavy is imported by what answers at once."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FARM = Path(__file__).parents[2] / "farm"

ROWS = (
    {"cli"},
    {"watch"},
    {"render", "operations", "delivery"},
    {"graph", "report"},
    {"console", "master", "album", "deliver"},
    {"plan"},
    {"manifest"},
    {"dsp"},
    {"measure"},
    {"audio", "store"},
    {"records", "units", "codes", "errors"},
)
"""From top to bottom. A room may import from rows below it, and from its own row unless the row is one of siblings."""

SIBLINGS = ({"console", "master", "album", "deliver"}, {"audio", "store"})

HEAVY = ("dask", "distributed", "scipy", "numba", "pedalboard", "av", "soundfile")


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "farm"


def row_of(room: str) -> int:
    return next(index for index, row in enumerate(ROWS) if room in row)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


MODULES = sorted(path for path in FARM.rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FARM)))
def test_imports_point_down(path: Path) -> None:
    own = path.relative_to(FARM).parts[0].removesuffix(".py")
    for module in imports(path):
        if module == "farm" or not module.startswith("farm."):
            continue
        other = room_of(module)
        assert row_of(other) >= row_of(own), f"{own} imports {module}, which is above it"
        if other != own:
            assert not any({own, other} <= row for row in SIBLINGS), f"{own} imports its sibling {module}"


def test_there_is_no_import_cycle() -> None:
    graph = {"farm." + ".".join(path.relative_to(FARM).with_suffix("").parts): set(imports(path)) for path in MODULES}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module in done or module not in graph:
            return
        for other in graph[module]:
            visit(other, (*path, module))
        done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("command", [["--help"], ["check", "--help"], ["plan", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    assert loaded_by(command) == []


def loaded_by(command: list[str]) -> list[str]:
    """Return which heavy libraries a command has imported when it ends."""
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('LOADED', [m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr))\n"
        f"sys.argv = ['farm', *{command!r}]\n"
        "from farm.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    line = next(line for line in done.stderr.splitlines() if line.startswith("LOADED"))
    found: list[str] = ast.literal_eval(line.removeprefix("LOADED "))
    return found
