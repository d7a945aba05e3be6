"""The documentation says what is: the reference is fresh and whole, examples are valid, the tutorial is real."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, get_args

import pytest
import typer.main

from farm.cli.main import app
from farm.errors import FarmError, ManifestError
from farm.manifest.diagnostics import CODES
from farm.manifest.fields import keys_of
from farm.manifest.load import load_album
from farm.manifest.processors.registry import PROCESSORS
from farm.manifest.table import Table

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
TUTORIAL = DOCS / "tutorial.md"

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def all_commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with its name, those of a group behind the group's."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from all_commands(command, f"{before}{name} ")
        else:
            yield before + name, command


COMMANDS = dict(all_commands(typer.main.get_command(app)))
FIRST_WORDS = {name.split()[0] for name in COMMANDS}

ALBUM_HEAD = 'schema = 1\n[album]\ntitle = "Low Tide"\nartist = "The Example"\n'
SONG_HEAD = '[[song]]\ntitle = "Undertow"\n'
STRIP = '[[song.strip]]\nname = "a strip"\nstem = "a.wav"\n'

NOT_THERE = {"stem-missing", "reference-missing", "cover-missing", "song-file-missing"}
"""What an example cannot help: its files do not exist."""

NOT_WHOLE = NOT_THERE | {"unknown-bus", "unknown-return", "unknown-preset"}
"""What a part of a manifest cannot help: it may name what stands in another part."""


class Block(NamedTuple):
    """A fenced block of a page: its language, its text, and the line that it begins on."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        yield Block(page, text[: found.start()].count("\n") + 1, found[1], found[2])


TOML_BLOCKS = [
    block for page in PAGES for block in blocks(page) if block.language == "toml" and "pyproject" not in block.text
]


def section(page: Path, heading: str) -> str:
    """Return the text under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found, f"{page.name} has no section {heading!r}"
    return found[1]


@pytest.fixture(scope="module")
def write_reference() -> ModuleType:
    spec = spec_from_file_location("write_reference", ROOT / "ci" / "write_reference.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_fresh(write_reference: ModuleType) -> None:
    pages = write_reference.build_pages()
    assert {path.name for path in REFERENCE.iterdir()} == set(pages)
    for name, text in pages.items():
        assert (REFERENCE / name).read_text(encoding="utf-8") == text, f"{name} is stale: run ci/docs"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    text = section(REFERENCE / "commands.md", f"farm {name}")
    assert COMMANDS[name].help in text
    for parameter in COMMANDS[name].params:
        names = [parameter.metavar] if parameter.param_type_name == "argument" else parameter.opts
        assert all(f"`{each}" in text for each in names), parameter.name


def tables() -> Iterator[type[Table]]:
    """Yield every table that a manifest can hold, found through the classes and not through their schema."""
    waiting: list[type[Table]] = [Table]
    for table in waiting:
        waiting += table.__subclasses__()
    yield from (table for table in waiting if table.__module__.startswith("farm.manifest") and table.model_fields)


@pytest.mark.parametrize("table", list(tables()), ids=lambda table: table.__name__)
def test_every_key_of_a_manifest_is_documented(table: type[Table]) -> None:
    pages = [(REFERENCE / name).read_text(encoding="utf-8") for name in ("manifest.md", "processors.md")]
    sections = [text for page in pages for text in re.split(r"^#+ ", page, flags=re.MULTILINE)]
    keys = set(keys_of(table))
    assert any(keys <= set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) for text in sections), keys


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda processor: processor.__name__)
def test_every_processor_has_a_section(processor: type[Table]) -> None:
    (name,) = get_args(processor.model_fields["type"].annotation)
    assert processor.__doc__ in section(REFERENCE / "processors.md", name)


def errors(kind: type[FarmError] = FarmError) -> Iterator[type[FarmError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from errors(each)


@pytest.mark.parametrize("kind", list(errors()), ids=lambda kind: kind.__name__)
def test_every_exit_code_is_documented(kind: type[FarmError]) -> None:
    rows = section(REFERENCE / "commands.md", "Exit codes").splitlines()
    assert [row for row in rows if row.startswith(f"| {kind.exit_code} |") and row.endswith(f"| `{kind.__name__}` |")]


def test_every_diagnostic_code_is_documented() -> None:
    rows = dict(
        re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", (REFERENCE / "errors.md").read_text("utf-8"), re.MULTILINE)
    )
    assert rows == dict(CODES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page: Path, write_reference: ModuleType) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(write_reference.slug, headings), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_command_or_option_is_named_that_does_not_exist(page: Path) -> None:
    options = {name for each in COMMANDS.values() for parameter in each.params for name in parameter.opts}
    options |= {name for each in COMMANDS.values() for parameter in each.params for name in parameter.secondary_opts}
    options |= {name for parameter in typer.main.get_command(app).params for name in parameter.opts} | {"--help"}
    for line in re.findall(r"(?:`|^\$ |/)farm ([^`\n]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
        first, *rest = line.split()
        assert first in FIRST_WORDS or first in options or first == "COMMAND", line
        assert {word for word in rest if word.startswith("--")} <= options, line


@pytest.mark.parametrize("block", TOML_BLOCKS, ids=str)
def test_every_example_is_valid(block: Block, tmp_path: Path) -> None:
    """Parts of a manifest are put into the smallest album around them; a song's own file is named by one."""
    text, accepted = block.text, NOT_WHOLE
    if text.startswith("# songs/"):
        (tmp_path / "song.toml").write_text(text, encoding="utf-8")
        text = ALBUM_HEAD + '[[song]]\nfile = "song.toml"\n'
    elif "schema" in tomllib.loads(text):
        accepted = NOT_THERE
    else:
        opened = SONG_HEAD if "[song." in text and "[[song]]" not in text else ""
        text = ALBUM_HEAD + opened + text + ("" if "song" in tomllib.loads(text) else SONG_HEAD)
        text += "" if "strip" in tomllib.loads(text)["song"][-1] or "file" in tomllib.loads(text)["song"][-1] else STRIP
    manifest = tmp_path / "album.toml"
    manifest.write_text(text, encoding="utf-8")
    try:
        load_album(manifest)
    except ManifestError as error:
        refused = [each for each in error.diagnostics if each.code not in accepted]
        assert not refused, "\n".join(each.render() for each in refused)


class Step(NamedTuple):
    """A command of the tutorial and what it answers."""

    command: str
    answer: str


def steps(block: Block) -> Iterator[Step]:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, answer = part.partition("\n")
        yield Step(command, answer)


DECIMAL = re.compile(r"[+-]?\d+\.\d")


def settled(text: str) -> str:
    """Return output without what differs from run to run: seconds, and speed."""
    return re.sub(r"\d+\.\d s, \d+ times real time", "N s, N times real time", text).rstrip()


def check_answer(answer: str, page: str) -> None:
    """Raise AssertionError unless both say the same; decimals may differ in their last digit, where a figure lies
    between two and the stems, which numpy makes, differ in the last bit from one processor to the next."""
    assert DECIMAL.sub("N", settled(answer)) == DECIMAL.sub("N", settled(page))
    for found, shown in zip(DECIMAL.findall(settled(answer)), DECIMAL.findall(settled(page)), strict=True):
        assert abs(float(found) - float(shown)) < 0.101, f"{found} where the page shows {shown}"


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    """Whole manifests are saved as album.toml, parts are appended to it; commands answer what the page shows."""
    shutil.copy(DOCS / "tutorial_stems.py", tmp_path)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "FARM_STORE": str(tmp_path / "store"), "LC_ALL": "C"}
    manifest = tmp_path / "album.toml"
    for block in blocks(TUTORIAL):
        if block.language == "toml":
            whole = "schema" in tomllib.loads(block.text)
            manifest.write_text(block.text if whole else f"{manifest.read_text()}\n{block.text}")
        for step in steps(block) if block.language == "console" else ():
            done = subprocess.run(
                step.command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            answer = (done.stderr if done.returncode else done.stdout).replace(str(tmp_path), "/home/you/low-tide")
            check_answer(answer, step.answer)
