"""Every broken manifest of `manifests/broken.txt` is refused with the positions, codes, reasons and hints beside it."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from manifest_files import write_inputs

from farm.errors import Diagnostic, ManifestError
from farm.manifest.diagnostics import CODES
from farm.manifest.load import load_album

PREAMBLE = 'schema = 1\nalbum = { title = "Low Tide", artist = "The Example" }\n'
EXPECTATION = re.compile(r"\s*#(?:\||\s*\^) (?P<code>[a-z0-9-]+) \| (?P<message>[^|]+?)(?: \| ?(?P<hint>.*))?$")


@dataclass(frozen=True)
class Expected:
    place: str
    code: str
    message: str
    hint: str | None


@dataclass(frozen=True)
class Case:
    name: str
    files: dict[str, str]
    expected: list[Expected]


def read_case(text: str) -> Case:
    name, _, body = text.partition("\n")
    parts = re.split(r"^--- (.+)\n", body.rstrip() + "\n", flags=re.MULTILINE)
    if not name.startswith("whole:"):
        parts[0] = PREAMBLE + parts[0]
    files: dict[str, str] = {}
    expected: list[Expected] = []
    for file, part in zip(["album.toml", *parts[1::2]], parts[::2], strict=True):
        kept: list[str] = []
        for line in part.splitlines():
            if found := EXPECTATION.match(line):
                column = line.index("^") + 1 if "^" in line[: found.start("code")] else 1
                place = f"{file}:{len(kept)}:{column}"
                expected.append(Expected(place, found["code"], found["message"], found["hint"]))
            else:
                kept.append(line)
        files[file] = "\n".join(kept) + "\n"
    return Case(name, files, expected)


CASES = [
    read_case(text)
    for text in re.split(r"^=== ", (Path(__file__).parent / "manifests" / "broken.txt").read_text(), flags=re.M)[1:]
]


def refuse(folder: Path, case: Case) -> tuple[Diagnostic, ...]:
    write_inputs(folder)
    for name, text in case.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        load_album(Path("album.toml"))
    return caught.value.diagnostics


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_manifest_is_refused_with_all_that_is_wrong(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = refuse(tmp_path, case)
    assert [(f"{each.file}:{each.line}:{each.column}", each.code) for each in found] == sorted_by_place(case)
    for each in found:
        wanted = [one for one in case.expected if (one.place, one.code) == (where(each), each.code)]
        assert any(one.message in each.message and fits(one.hint, each.hint) for one in wanted), each.render()


def where(each: Diagnostic) -> str:
    return f"{each.file}:{each.line}:{each.column}"


def fits(wanted: str | None, hint: str | None) -> bool:
    return hint is None if wanted is None else hint is not None and wanted in hint


def sorted_by_place(case: Case) -> list[tuple[str, str]]:
    """Files come in the order in which the album names them, what is wrong in the order of the text."""
    order = list(case.files)

    def place(one: Expected) -> tuple[int, int, int]:
        file, line, column = one.place.rsplit(":", 2)
        return order.index(file), int(line), int(column)

    return [(one.place, one.code) for one in sorted(case.expected, key=place)]


def test_the_cases_show_every_code_that_a_text_of_a_manifest_can_cause() -> None:
    of_bytes = {"not-utf8", "byte-order-mark", "nul-byte", "empty-file", "file-too-large", "nested-too-deep"}
    of_file_systems = {code for code in CODES if code.startswith(("reference-", "cover-")) or "unreadable" in code}
    of_frozen_trims = {code for code in CODES if code.startswith("frozen-")}
    of_lengths = {"cd-track-short", "cd-index", "cd-too-long", "ddp-pregap"}
    shown = {one.code for case in CASES for one in case.expected}
    assert shown <= CODES.keys()
    assert CODES.keys() - shown - of_bytes - of_file_systems - of_frozen_trims - of_lengths == {"song-file-nested"}
