"""CD-TEXT is what another writer made of the same texts, and what a decoder of its own reads back."""

import dataclasses
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.deliver.cd_text import build_cd_text, find_genre
from farm.errors import DeliveryError
from farm.manifest.transliteration import is_latin_1, to_ascii, to_latin_1
from farm.plan.cd import CdSongSpec, CdSpec

GOLDEN = """\
80 00 00 00 44 69 73 63 20 54 69 74 6C 65 00 54 A7 14
80 01 01 01 72 61 63 6B 20 4F 6E 65 00 54 72 61 8C 65
80 02 02 03 63 6B 20 54 77 6F 00 00 00 00 00 00 E6 B6
81 00 03 00 44 69 73 63 20 50 65 72 66 6F 72 6D E3 18
81 00 04 0C 65 72 00 50 65 72 66 20 4F 6E 65 00 33 B1
81 02 05 00 50 65 72 66 20 54 77 6F 00 00 00 00 1B 61
"""
"""Packs that cue2ddp (DDP Mastering Tools 1.1) made of the texts below, as recorded in exp/011-cdtext-cue of
ddp-reverse-eng (MIT). A cut of 12 characters has the position 12."""

SIZES = (
    "8F 00 06 00 00 01 02 00 03 03 00 00 00 00 00 00",
    "8F 01 07 00 00 00 00 00 00 00 00 03 08 00 00 00",
    "8F 02 08 00 00 00 00 00 09 00 00 00 00 00 00 00",
)
"""The same file's size information, less the songwriters: two packs, hence two numbers."""

DISC = CdSpec(
    "Disc Title", "Disc Performer", (CdSongSpec("Track One", "Perf One"), CdSongSpec("Track Two", "Perf Two"))
)


def crc_ccitt(data: bytes) -> int:
    """Polynomial division bit by bit, inverted."""
    register = 0
    for byte in data:
        for bit in range(8):
            carry = (register >> 15) ^ (byte >> (7 - bit) & 1)
            register = ((register << 1) & 0xFFFF) ^ (0x1021 if carry else 0)
    return register ^ 0xFFFF


def packs_of(data: bytes) -> list[bytes]:
    assert len(data) % 18 == 0
    packs = [data[at : at + 18] for at in range(0, len(data), 18)]
    for number, pack in enumerate(packs):
        assert pack[2] == number
        assert int.from_bytes(pack[16:], "big") == crc_ccitt(pack[:16])
    return packs


def read_cd_text(data: bytes) -> dict[int, list[str]]:
    """Decode packs to texts by type: the disc's, then each track's; and check what packs say of themselves."""
    payloads: dict[int, bytes] = defaultdict(bytes)
    packs = packs_of(data)
    for pack in packs:
        kind, track, position = pack[0], pack[1], pack[3]
        if kind not in (0x87, 0x8F):
            before = payloads[kind]
            assert track == before.count(0)
            assert position == min(len(before) - before.rfind(0) - 1, 15)
        payloads[kind] += pack[4:16]
    sizes = payloads.pop(0x8F)
    assert list(sizes[4:20]) == [sum(pack[0] == kind for pack in packs) for kind in range(0x80, 0x90)]
    assert (sizes[0], sizes[1], sizes[3], sizes[20], sizes[28]) == (0, 1, 0, len(packs) - 1, 9)
    texts = {kind: payload.decode("latin-1").split("\0") for kind, payload in payloads.items()}
    for kind in set(texts) - {0x86, 0x87}:
        assert not any(texts[kind][sizes[2] + 1 :])
        texts[kind] = texts[kind][: sizes[2] + 1]
    return texts


def test_packs_are_those_of_another_writer() -> None:
    packs = packs_of(build_cd_text(DISC))
    assert [pack.hex(" ").upper() for pack in packs[:6]] == GOLDEN.splitlines()
    assert [pack[:16].hex(" ").upper() for pack in packs[6:]] == list(SIZES)


def with_disc(credits_: list[str | None]) -> list[str]:
    """Put the disc's text before those of the tracks: a credit is the disc's if all tracks share it."""
    shared = credits_[0] if len(set(credits_)) == 1 else ""
    return [text or "" for text in (shared, *credits_)]


LATIN = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, blacklist_categories=("Cc", "Cf", "Zs")), max_size=40
)
SONGS = st.builds(
    CdSongSpec, title=LATIN, performer=LATIN, songwriter=LATIN, composer=st.none() | LATIN, message=st.none() | LATIN
)


@given(LATIN, LATIN, st.lists(SONGS, min_size=1, max_size=9))
def test_texts_come_back(title: str, performer: str, songs: list[CdSongSpec]) -> None:
    texts = read_cd_text(build_cd_text(CdSpec(title, performer, tuple(songs))))
    told = {
        0x80: [title, *(song.title for song in songs)],
        0x81: [performer, *(song.performer for song in songs)],
        0x82: with_disc([song.songwriter for song in songs]),
        0x83: with_disc([song.composer for song in songs]),
        0x85: with_disc([song.message for song in songs]),
    }
    assert texts == {kind: each for kind, each in told.items() if any(each)}


def test_codes_are_written_where_they_are_asked_for() -> None:
    songs = tuple(dataclasses.replace(song, isrc=f"USABC123456{number}") for number, song in enumerate(DISC.songs))
    spec = dataclasses.replace(
        DISC, songs=songs, upc="0123456789012", catalogue_number="KAT-001 Ä", genre="Hip-Hop", cd_text="full"
    )
    texts = read_cd_text(build_cd_text(spec))
    assert texts[0x8E] == ["0123456789012", "USABC1234560", "USABC1234561"]
    assert texts[0x86][0] == "KAT-001 A"
    assert texts[0x87] == ["", "\x0dHip-Hop", *[""] * 3]
    assert set(read_cd_text(build_cd_text(dataclasses.replace(spec, cd_text="common")))) == {0x80, 0x81}
    assert build_cd_text(dataclasses.replace(spec, cd_text="none")) == b""


def test_a_hidden_song_has_no_text() -> None:
    hidden = CdSongSpec("Hidden", "Nobody", hidden=True)
    assert build_cd_text(dataclasses.replace(DISC, songs=(hidden, *DISC.songs))) == build_cd_text(DISC)


@pytest.mark.parametrize(
    ("name", "code"),
    [("Rock", 23), ("pop music", 20), ("Hip-Hop", 13), ("Rhythm and Blues", 24), ("Zeuhl", 1)],
)
def test_a_genre_has_the_code_of_the_list(name: str, code: int) -> None:
    assert find_genre(name) == code


def test_253_packs_fit_and_no_more() -> None:
    def with_title(characters: int) -> CdSpec:
        return CdSpec("x" * characters, "", (CdSongSpec("", ""),))

    fits = with_title(253 * 12 - 2)
    assert len(build_cd_text(fits)) == 256 * 18
    with pytest.raises(DeliveryError) as caught:
        build_cd_text(with_title(253 * 12 - 1))
    assert caught.value.code == "cd-text-too-long"


@pytest.mark.parametrize(
    ("text", "latin_1", "ascii_text"),
    [
        ("Küstenlinie", "Küstenlinie", "Kustenlinie"),
        ("Ku\u0308ste", "Küste", "Kuste"),
        ("\u201cŁódź\u201d \u2013 it\u2019s", '"Lódz" - it\'s', '"Lodz" - it\'s'),
        ("Œuvre Ø ẞ", "Oeuvre Ø SS", "Oeuvre Oe SS"),
        ("Чайка Щука", "Chayka Shchuka", "Chayka Shchuka"),
        ("Ἀλφάβητο", "Alfavito", "Alfavito"),
        ("Ⅳ ½ ﬁn…", "IV ½ fin...", "IV 1/2 fin..."),
        ("海 🌊", "? ?", "? ?"),
        ("한", "?", "?"),
        ("a\nb\tc\u00a0d\u200b", "a b c d", "a b c d"),
    ],
)
def test_what_a_disc_cannot_spell_is_spelt_as_people_do(text: str, latin_1: str, ascii_text: str) -> None:
    assert to_latin_1(text) == latin_1
    assert to_ascii(text) == ascii_text


@given(st.text())
def test_every_text_can_be_spelt_and_stays_so(text: str) -> None:
    assert to_latin_1(text).encode("latin-1").decode("latin-1").isprintable()
    assert to_ascii(text).isascii()
    assert is_latin_1(to_latin_1(text))
