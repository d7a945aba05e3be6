"""The file of frozen trims: it says what was decided, survives what may change, and is refused with a position."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest_files import write_inputs

from farm.errors import ManifestError, UsageError
from farm.manifest.diagnostics import CODES
from farm.manifest.load import LoadedAlbum, load_album
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.build import build_plan, build_plan_with
from farm.plan.changes import describe, find_changes
from farm.plan.deliver import MATCH
from farm.plan.frozen import freeze_trim, frozen_path, load_frozen
from farm.plan.frozen_text import frozen_text
from farm.plan.match_spec import FrozenSpec, FrozenTrim, MatchSpec
from farm.plan.node import Node
from farm.records import Trim

BANDS = len(LTAS_BANDS_HZ)
UNDERTOW = 'title = "Undertow"\nisrc = "QZ-ABC-26-00001"'
SLACK = 'title = "Slack Water"'
LIVE = 'title = "Undertow"\nversion = "live"'


def album(folder: Path, songs: Sequence[str] = (UNDERTOW, SLACK, LIVE), name: str = "album.toml") -> LoadedAlbum:
    folder.mkdir(exist_ok=True)
    write_inputs(folder)
    tables = (f'[[song]]\n{song}\nstrip = [{{ name = "kick", stem = "kick.wav" }}]\n' for song in songs)
    path = folder / name
    path.write_text('schema = 1\nalbum = { title = "Low Tide", artist = "The Example" }\n' + "".join(tables))
    return load_album(path)


def freeze(loaded: LoadedAlbum, frozen: FrozenSpec) -> None:
    frozen_path(loaded.path).write_text(frozen_text(frozen, loaded.manifest.songs), encoding="utf-8")


CURVE = tuple(round(0.1 * place - 1.5, 1) for place in range(BANDS))
FROZEN = FrozenSpec(
    -14.1,
    (
        FrozenTrim(1, "Undertow", -13.456, CURVE),
        FrozenTrim(2, "Slack Water", -15.25, (), CURVE, 0.9, 3.0),
        FrozenTrim(3, "Undertow"),
    ),
)

GAINS = st.integers(-240, 240).map(lambda tenths: tenths / 10)
CURVES = st.one_of(st.just(()), st.lists(GAINS, min_size=BANDS, max_size=BANDS).map(tuple))


@st.composite
def frozen_specs(draw: st.DrawFn) -> FrozenSpec:
    trims = tuple(
        FrozenTrim(
            number,
            name,
            draw(st.one_of(st.none(), st.floats(-70.0, 0.0))),
            draw(CURVES),
            draw(CURVES),
            draw(st.floats(0.5, 1.5)),
            draw(st.floats(0.0, 12.0)),
            draw(st.sampled_from(["integrated", "short-term"])),
        )
        for number, name in ((1, "Undertow"), (2, "Slack Water"), (3, "Undertow"))
    )
    return FrozenSpec(draw(st.one_of(st.none(), st.floats(-70.0, 0.0))), trims)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedAlbum:
    return album(tmp_path_factory.mktemp("album"))


@settings(max_examples=50)
@given(frozen_specs())
def test_what_is_written_down_is_read_again(loaded: LoadedAlbum, frozen: FrozenSpec) -> None:
    freeze(loaded, frozen)
    assert load_frozen(loaded) == frozen


def test_without_a_file_nothing_is_frozen(tmp_path: Path) -> None:
    assert load_frozen(album(tmp_path)) is None


def test_the_text_is_stable_and_short_enough_to_read(tmp_path: Path) -> None:
    loaded = album(tmp_path)
    text = frozen_text(FROZEN, loaded.manifest.songs)
    assert text == frozen_text(FROZEN, loaded.manifest.songs)
    assert max(map(len, text.splitlines())) < 100
    head, first, second, third = text.split("\n[[song]]\n")
    assert head.endswith("\nschema = 1\nalbum_lufs = -14.1\n")
    assert first.startswith(
        'title = "Undertow"\nisrc = "QZABC2600001"\ngoal_lufs = -13.456\ntone_db = [\n  -1.5, -1.4,'
    )
    assert second.endswith("range_factor = 0.9\nride_max_db = 3.0\n")
    assert third == 'title = "Undertow"\nversion = "live"\n'


def test_titles_with_any_character_are_read_again(tmp_path: Path) -> None:
    title = 'Größe "三" \\ # 7"'
    loaded = album(tmp_path, [f"title = '{title}'"])
    frozen = FrozenSpec(None, (FrozenTrim(1, title, -14.0),))
    freeze(loaded, frozen)
    assert load_frozen(loaded) == frozen


def test_an_album_of_another_name_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Two albums in a folder do not freeze each other."""
    live = album(tmp_path, [SLACK], "live.toml")
    freeze(album(tmp_path), FROZEN)
    assert frozen_path(live.path).name == "live.frozen.toml"
    assert load_frozen(live) is None


def goals(folder: Path, songs: Sequence[str]) -> dict[int, float | None]:
    """Freeze the album, then return the loudness that each song of the same album with other songs has."""
    freeze(album(folder), FROZEN)
    found = load_frozen(album(folder, songs))
    assert found is not None
    return {each.song: each.goal_lufs for each in found.songs}


class TestSongsAreRecognised:
    def test_in_another_order(self, tmp_path: Path) -> None:
        assert goals(tmp_path, [LIVE, SLACK, UNDERTOW]) == {1: None, 2: -15.25, 3: -13.456}

    def test_by_isrc_under_another_title(self, tmp_path: Path) -> None:
        renamed = UNDERTOW.replace("Undertow", "Rip Current")
        assert goals(tmp_path, [renamed, SLACK, LIVE]) == {1: -13.456, 2: -15.25, 3: None}

    def test_by_title_when_they_get_an_isrc(self, tmp_path: Path) -> None:
        coded = SLACK + '\nisrc = "QZ-ABC-26-00002"'
        assert goals(tmp_path, [UNDERTOW, coded, LIVE]) == {1: -13.456, 2: -15.25, 3: None}

    def test_among_new_ones(self, tmp_path: Path) -> None:
        new = 'title = "Ebb"'
        assert goals(tmp_path, [new, UNDERTOW, SLACK, LIVE]) == {2: -13.456, 3: -15.25, 4: None}

    def test_by_their_order_if_they_have_one_title(self, tmp_path: Path) -> None:
        loaded = album(tmp_path, [SLACK, SLACK])
        frozen = FrozenSpec(None, (FrozenTrim(1, "Slack Water", -14.0), FrozenTrim(2, "Slack Water", -15.0)))
        freeze(loaded, frozen)
        assert load_frozen(loaded) == frozen


def match_node(loaded: LoadedAlbum) -> Node:
    plan = build_plan(loaded, lambda path: "0" * 32)
    return next(node for node in plan.nodes if node.id == MATCH)


def test_the_plan_matches_with_what_is_written_down(tmp_path: Path) -> None:
    loaded = album(tmp_path)
    before = match_node(loaded)
    freeze(loaded, FROZEN)
    spec = match_node(loaded).spec
    assert isinstance(spec, MatchSpec)
    assert spec.frozen == FROZEN
    (change,) = find_changes("match", describe(before), describe(match_node(loaded)))
    assert change.text == "frozen added"
    thawed = build_plan_with(None, loaded, lambda path: "0" * 32)
    assert next(node for node in thawed.nodes if node.id == MATCH) == before


def test_a_trim_edited_by_hand_is_named_by_its_song(tmp_path: Path) -> None:
    loaded = album(tmp_path)
    freeze(loaded, FROZEN)
    before = describe(match_node(loaded))
    path = frozen_path(loaded.path)
    path.write_text(path.read_text().replace("-15.25", "-14.75"))
    (change,) = find_changes("match", before, describe(match_node(loaded)))
    assert change.text == "song 'Slack Water': goal_lufs -15.25 -> -14.75"


def test_of_a_trim_only_what_was_decided_is_written_down(tmp_path: Path) -> None:
    trim = Trim(1.0, -14.0, -13.5, -14.5, "short-term", CURVE, (), 0.8, -15.0, 3.0)
    song = album(tmp_path).manifest.songs[0]
    assert freeze_trim(1, song, trim) == FrozenTrim(1, "Undertow", -14.0, CURVE, (), 0.8, 3.0, "short-term")


def test_a_frozen_album_without_some_songs() -> None:
    assert [each.song for each in FROZEN.without({1, 3}).songs] == [2]
    assert FROZEN.without(()) == FROZEN


HEAD = "schema = 1\n"
SONG = HEAD + '[[song]]\ntitle = "Slack Water"\n'


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "said"),
    [
        (SONG + "tone_db = [1.0, 2.0]\n", "too-few", 4, 11, "has 2 numbers and needs 30"),
        (SONG + f"side_db = [{'0, ' * 31}]\n", "too-many", 4, 11, "has 31 numbers and needs 30"),
        (SONG + f"tone_db = [{'0, ' * 29}nan]\n", "not-finite", 4, 11 + 1 + 29 * 3, "finite"),
        (SONG + f"tone_db = [{'0, ' * 29}99]\n", "out-of-range", 4, 11 + 1 + 29 * 3, "from -24 to 24 dB"),
        (SONG + "goal_lufs = nan\n", "not-finite", 4, 13, "finite"),
        (SONG + "goal_lufs = 90\n", "out-of-range", 4, 13, "-120 to 40 LUFS"),
        (SONG + 'goal_lufs = "-14"\n', "wrong-type", 4, 13, "wants a number"),
        (SONG + 'goal_measure = "momentary"\n', "unknown-value", 4, 16, "one of integrated, short-term"),
        (SONG + "goal_lufs = true\n", "wrong-type", 4, 13, "wants a number"),
        (SONG + "tone_db = 3\n", "wrong-type", 4, 11, "wants an array"),
        (SONG + "goal_luf = -14\n", "unknown-key", 4, 1, "no key 'goal_luf'"),
        (SONG + 'version = "live"\n', "frozen-song-unknown", 3, 9, "'Slack Water' 'live'"),
        (SONG + SONG.removeprefix(HEAD), "frozen-song-twofold", 5, 9, "'Slack Water'"),
        (HEAD + '[[song]]\ntitle = "Slack Wader"\n', "frozen-song-unknown", 3, 9, "no song 'Slack Wader'"),
        (HEAD + '[[song]]\ntitle = "Undertow"\nisrc = "QZABC2600009"\n', "frozen-song-unknown", 4, 8, "with the ISRC"),
        (HEAD + '[[song]]\ntitle = "Undertow"\nisrc = "QZ"\n', "bad-isrc", 4, 8, "'QZ'"),
        (HEAD + "[[song]]\ngoal_lufs = -14\n", "missing-key", 3, 1, "'title'"),
        (HEAD + "song = 3\n", "wrong-type", 2, 8, "array of tables"),
        (HEAD + "song = [3]\n", "wrong-type", 2, 9, "tables"),
        ("schema = 2\nsong = []\n", "unknown-value", 1, 10, "has to be 1"),
        ("schema = 1\n", "missing-key", 1, 1, "'song'"),
        ("schema = 1\nsong = [\n", "toml-syntax", 2, 9, "not valid TOML"),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, text: str, code: str, line: int, column: int, said: str
) -> None:
    loaded = album(tmp_path)
    frozen_path(loaded.path).write_text(text)
    with pytest.raises(ManifestError) as caught:
        build_plan(loaded, lambda path: "0" * 32)
    (found,) = caught.value.diagnostics
    assert (found.code, found.line, found.column) == (code, line, column)
    assert said in found.message
    assert found.file == str(frozen_path(loaded.path))
    assert found.code in CODES


def test_everything_wrong_is_told_at_once_in_order(tmp_path: Path) -> None:
    loaded = album(tmp_path)
    frozen_path(loaded.path).write_text(SONG + "goal_lufs = inf\ntone = []\n[[song]]\ntitle = 'Nobody'\n")
    with pytest.raises(ManifestError) as caught:
        load_frozen(loaded)
    assert [each.code for each in caught.value.diagnostics] == ["not-finite", "unknown-key", "frozen-song-unknown"]


def test_a_misspelt_song_is_suggested(tmp_path: Path) -> None:
    loaded = album(tmp_path)
    frozen_path(loaded.path).write_text(HEAD + '[[song]]\ntitle = "Slack Wader"\n')
    with pytest.raises(ManifestError) as caught:
        load_frozen(loaded)
    assert caught.value.diagnostics[0].hint == "did you mean 'Slack Water'?"


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    loaded = album(tmp_path)
    frozen_path(loaded.path).mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        load_frozen(loaded)


@given(st.one_of(st.floats(), st.text(max_size=5), st.integers(), st.booleans(), st.lists(st.floats(), max_size=3)))
def test_no_value_of_a_key_is_taken_that_is_no_finite_number(loaded: LoadedAlbum, value: object) -> None:
    """Whatever stands there, it is refused with a diagnostic, or it is a number in the range."""
    from farm.plan.frozen_keys import check_frozen_keys

    data = {"schema": 1, "song": [{"title": "Slack Water", "goal_lufs": value}]}
    problems = list(check_frozen_keys(data))
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    assert (not problems) == (fits and -120 <= float(value) <= 40)  # type: ignore[arg-type]
