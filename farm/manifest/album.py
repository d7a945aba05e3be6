"""What is said of the album as a whole: who and what it is, and what is delivered."""

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from farm.codes import parse_upc
from farm.manifest.disc import DiscOptions
from farm.manifest.file_names import check_template, safe_part
from farm.manifest.formats import DISC_BITS, DISC_FORMATS, DISC_RATE_HZ, FORMATS, Size, fill_in_size
from farm.manifest.names import People
from farm.manifest.release_text import Date, Language, MusicBrainzId
from farm.manifest.table import CeilingDbtp, Exact, FilePath, RateHz, Table, Text


def check_upc(text: str) -> str:
    """Return the 13 digits of a UPC or EAN, else raise `bad-upc`."""
    try:
        if not text.isascii():
            raise ValueError(f"{text!r} is not a UPC or EAN: 12 or 13 digits are wanted")
        return parse_upc(text)
    except ValueError as error:
        raise PydanticCustomError("bad-upc", "{reason}", {"reason": str(error)}) from None


Upc = Annotated[str, AfterValidator(check_upc)]


class Album(Table):
    """The release."""

    title: Text = Field(description="The album's title.")
    artist: People = Field(description="The album's artist, or several in an array.")
    upc: Upc | None = Field(
        default=None, description="The release's UPC or EAN: 12 or 13 digits with their check digit."
    )
    catalogue_number: Text | None = Field(default=None, description="The label's number for the release.")
    label: Text | None = Field(default=None, description="The label.")
    year: int | None = Field(default=None, ge=1000, le=9999, description="The year of release.")
    release_date: Date | None = Field(
        default=None, description="The day of release: year, month and day.", examples=["2026-11-24"]
    )
    genre: Text | None = Field(default=None, description="The genre.")
    language: Language | None = Field(
        default=None,
        description="The language of the words as three letters (ISO 639-2), zxx for none.",
        examples=["eng"],
    )
    copyright: Text | None = Field(default=None, description="The copyright line, as it is to be read.")
    phonographic: Text | None = Field(
        default=None, description="The phonographic line of the recordings, as it is to be read."
    )
    musicbrainz_album_id: MusicBrainzId | None = Field(
        default=None, description="The release's identifier in MusicBrainz."
    )
    musicbrainz_artist_id: MusicBrainzId | None = Field(
        default=None, description="The artist's identifier in MusicBrainz."
    )
    cover: FilePath | None = Field(default=None, description="The cover picture, a JPEG or PNG file.")
    cover_max_px: int = Field(
        default=1500,
        ge=100,
        le=6000,
        description="A cover with a longer side than this, in pixels, is put into the files in that size.",
    )
    rate_hz: RateHz = Field(default=48000, description="The sample rate at which songs are processed, in Hz.")


def check_name_template(template: str) -> str:
    """Return a template for file names, else raise `bad-name-template`."""
    try:
        return check_template(template)
    except ValueError as error:
        raise PydanticCustomError("bad-name-template", "{reason}", {"reason": str(error)}) from None


def check_folder(folder: str) -> str:
    """Return a folder that lies inside the delivery and that every file system takes, else raise `bad-folder`."""
    windows, posix = PureWindowsPath(folder), PurePosixPath(folder)
    if windows.drive or windows.root or posix.is_absolute() or ".." in windows.parts or not windows.parts:
        raise PydanticCustomError(
            "bad-folder", "{folder} is not a folder inside the delivery", {"folder": repr(folder)}
        )
    for part in posix.parts:
        if (safe := safe_part(part)) != unicodedata.normalize("NFC", part):
            raise PydanticCustomError(
                "bad-folder",
                "not every file system takes a folder of the name {part}; it would take {safe}",
                {"part": repr(part), "safe": repr(safe)},
            )
    return folder


class Deliver(Table):
    """One deliverable: all songs in one format."""

    format: Literal["wav", "bwf", "aiff", "flac", "alac", "aac", "mp3", "vorbis", "opus", "cd", "ddp"] = Field(
        description="The file format; cd is an image of a compact disc with a cue sheet, ddp a fileset for its plant."
    )
    bits: Annotated[Literal[16, 24, 32] | None, Exact] = Field(
        default=None,
        description="Word length in bits of lossless formats: 16 or 24, in wav and bwf 32 (float) too; 24 if absent.",
    )
    bitrate_kbps: Annotated[Literal[64, 96, 128, 160, 192, 224, 256, 320] | None, Exact] = Field(
        default=None, description="Bit rate of aac, mp3 and opus in kbit/s; 256, 320 and 160 if absent."
    )
    quality: float | None = Field(
        default=None,
        ge=0.0,
        le=10.0,
        description="Quality on the encoder's own scale: mp3 from 0 (best) to 9, instead of a constant bit rate; "
        "vorbis from 0 to 10 (best), 6 if absent.",
    )
    rate_hz: RateHz | None = Field(
        default=None,
        description="Sample rate in Hz; the album's if absent. mp3 takes 44100 and 48000, opus 48000, aac up to 96000.",
    )
    dither: Literal["tpdf", "shaped", "none"] = Field(
        default="tpdf",
        description="Noise that hides the rounding to 16 or 24 bits: triangular, the same shaped to where the ear is "
        "less keen, or none.",
    )
    id3: Literal["2.3", "2.4"] = Field(
        default="2.4", description="Version of the ID3 tags of mp3, wav, bwf and aiff; 2.3 is for older players."
    )
    ceiling_dbtp: CeilingDbtp | None = Field(
        default=None, description="True peak that no file exceeds, in dBTP; the target's if absent."
    )
    name: Annotated[Text, AfterValidator(check_name_template)] = Field(
        default="{number:02} {title}.{ext}",
        description="Template of file names, from {number}, {disc}, {title}, {version}, {artist}, {album}, {isrc}, "
        "{ext}; with several discs it begins with {disc}- if absent.",
    )
    continuous: bool = Field(
        default=False,
        description="One file of the whole album, songs, overlaps and gaps, instead of one for each song.",
    )
    folder: Annotated[Text, AfterValidator(check_folder)] | None = Field(
        default=None,
        description="Folder inside the delivery; named after format and bits, bit rate or quality if absent.",
    )

    cd: DiscOptions = Field(default_factory=DiscOptions, description="How a compact disc is delivered.")

    @property
    def is_disc(self) -> bool:
        """Whether it holds the album as a compact disc."""
        return self.format in DISC_FORMATS

    @property
    def size(self) -> Size:
        """Return what its samples are made as, with its format's default."""
        return (
            Size(DISC_BITS, None, None)
            if self.is_disc
            else fill_in_size(FORMATS[self.format], Size(self.bits, self.bitrate_kbps, self.quality))
        )

    def filled_in(self, *, rate_hz: int, ceiling_dbtp: float) -> "Deliver":
        """Return it with what its format, the album's rate and the target's ceiling supply."""
        rate_hz = DISC_RATE_HZ if self.is_disc else rate_hz
        return self.model_copy(
            update={
                "bits": self.size.bits,
                "bitrate_kbps": self.size.bitrate_kbps,
                "quality": self.size.quality,
                "rate_hz": self.rate_hz or rate_hz,
                "ceiling_dbtp": ceiling_dbtp if self.ceiling_dbtp is None else self.ceiling_dbtp,
            }
        )

    def folder_for(self, album_rate_hz: int) -> str:
        """Return its folder: `flac-24`, `mp3-320`, `vorbis-q6`, with the rate if that is not the album's,
        `wav-16-44.1k`, and `flac-24-continuous` for one file of the whole album; `cd` and `ddp`, or `ddp-2` for the
        second disc."""
        if self.folder:
            return self.folder
        if self.is_disc:
            return self.format + (f"-{self.cd.disc}" if self.cd.disc > 1 else "")
        rate_hz = self.rate_hz or album_rate_hz
        rate = f"-{rate_hz / 1000:g}k" if rate_hz != album_rate_hz else ""
        return f"{self.format}-{self.size.label}{rate}" + ("-continuous" if self.continuous else "")
