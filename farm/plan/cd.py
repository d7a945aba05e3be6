"""What a compact disc is to hold: all that its layout, sub-code, CD-TEXT and sheets are written from."""

from dataclasses import dataclass
from typing import Literal

from farm.manifest.red_book import FIRST_PREGAP_CD_FRAMES
from farm.units import CD_FRAMES_PER_SECOND

CdText = Literal["none", "common", "full"]
"""`common`: titles and credits, as mastering tools write them; `full`: also catalogue number, genre, UPC and ISRCs."""


Container = Literal["bin", "wav"]
"""What the image of a cue sheet is: raw samples, or a WAV."""


@dataclass(frozen=True, slots=True)
class CdSongSpec:
    """One song of the disc.

    `gap_cd_frames` is the silence after it. If `joined`, the next song follows sample by sample: no gap, no padding.
    `index_frames` are further index points (02, 03, ...) as samples from the song's beginning at 44.1 kHz. A `hidden`
    song lies before track 1, in its pregap; only the first song can.
    """

    title: str
    performer: str
    songwriter: str | None = None
    composer: str | None = None
    arranger: str | None = None
    message: str | None = None
    isrc: str | None = None
    gap_cd_frames: int = 150
    joined: bool = False
    index_frames: tuple[int, ...] = ()
    hidden: bool = False
    pre_emphasis: bool = False
    copy_permitted: bool = False
    scms: bool = False


@dataclass(frozen=True, slots=True)
class CdSpec:
    """One disc. `pq_name` is the file name of a DDP's PQ descriptor, `scrambled` its flag SCR (tools write either);
    with `isrc_twice` a track that has a pregap bears its ISRC on index 00 and 01 instead of the first of them."""

    title: str
    performer: str
    songs: tuple[CdSongSpec, ...]
    upc: str | None = None
    catalogue_number: str | None = None
    label: str | None = None
    genre: str | None = None
    message: str | None = None
    first_pregap_cd_frames: int = FIRST_PREGAP_CD_FRAMES
    end_gap_cd_frames: int = 0
    cd_text: CdText = "common"
    container: Container = "bin"
    dither: Literal["tpdf", "shaped", "none"] = "tpdf"
    pq_name: str = "SD"
    scrambled: bool = True
    isrc_twice: bool = False

    @property
    def tracks(self) -> tuple[CdSongSpec, ...]:
        """The songs that are tracks, all but a hidden one."""
        return tuple(song for song in self.songs if not song.hidden)


@dataclass(frozen=True, slots=True)
class DiscSpec:
    """A disc, and what it is delivered as: an image with a cue sheet (`cd`) or a fileset for its plant (`ddp`)."""

    format: str
    cd: CdSpec


def seconds_to_cd_frames(seconds: float) -> int:
    """Return the nearest number of CD frames."""
    return round(seconds * CD_FRAMES_PER_SECOND)
