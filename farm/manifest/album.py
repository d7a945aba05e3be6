"""What is said of the album as a whole: who and what it is, what it aims at, what is delivered."""

from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from farm.codes import parse_upc
from farm.manifest.file_names import check_template
from farm.manifest.formats import FORMATS
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
    artist: Text = Field(description="The album's artist.")
    upc: Upc | None = Field(
        default=None, description="The release's UPC or EAN: 12 or 13 digits with their check digit."
    )
    catalogue_number: Text | None = Field(default=None, description="The label's number for the release.")
    label: Text | None = Field(default=None, description="The label.")
    year: int | None = Field(default=None, ge=1000, le=9999, description="The year of release.")
    genre: Text | None = Field(default=None, description="The genre.")
    copyright: Text | None = Field(default=None, description="The copyright line, as it is to be read.")
    cover: FilePath | None = Field(default=None, description="The cover picture, a JPEG or PNG file.")
    rate_hz: RateHz = Field(default=48000, description="The sample rate at which songs are processed, in Hz.")


class Reference(Table):
    """A finished recording whose tone is aimed at."""

    file: FilePath = Field(description="The audio file, from the folder of the album's file.")
    weight: float = Field(default=1.0, gt=0.0, le=100.0, description="Its share among the references, without unit.")


def _reference_tag(value: object) -> str:
    return "album" if isinstance(value, str) else "files"


References = Annotated[
    Annotated[Literal["album"], Tag("album")] | Annotated[list[Reference], Field(min_length=1), Tag("files")],
    Discriminator(_reference_tag),
]


class Tone(Table):
    """Tone matching: each song's spectrum is led towards a reference."""

    reference: References = Field(
        default="album", description='What is aimed at: "album" for the songs\' own middle, or a list of files.'
    )
    amount: float = Field(
        default=0.5, ge=0.0, le=1.0, description="0 leaves the tone alone, 1 follows the reference wholly."
    )
    max_db: float = Field(default=3.0, ge=0.0, le=12.0, description="The most that any frequency is changed, in dB.")
    low_hz: float = Field(default=60.0, ge=20.0, le=20000.0, description="Nothing below this is changed, in Hz.")
    high_hz: float = Field(default=12000.0, ge=20.0, le=20000.0, description="Nothing above this is changed, in Hz.")


class Target(Table):
    """What the finished album aims at."""

    loudness_lufs: float = Field(default=-14.0, ge=-40.0, le=-5.0, description="Integrated loudness in LUFS.")
    loudness_mode: Literal["album", "loudest", "track", "none"] = Field(
        default="album",
        description="Whose loudness meets the target: the whole album's, the loudest song's, each song's, or nobody's.",
    )
    ceiling_dbtp: CeilingDbtp = Field(default=-1.0, description="True peak that no delivered file exceeds, in dBTP.")
    max_spread_lu: float | None = Field(
        default=None,
        ge=0.0,
        le=60.0,
        description="The most that songs may differ in loudness, in LU: quieter ones are raised. Any if absent.",
    )
    tone: Tone | None = Field(default=None, description="Tone matching; none if absent.")


def check_name_template(template: str) -> str:
    """Return a template for file names, else raise `bad-name-template`."""
    try:
        return check_template(template)
    except ValueError as error:
        raise PydanticCustomError("bad-name-template", "{reason}", {"reason": str(error)}) from None


def check_folder(folder: str) -> str:
    """Return a folder that lies inside the delivery, else raise `bad-folder`."""
    windows, posix = PureWindowsPath(folder), PurePosixPath(folder)
    if windows.drive or windows.root or posix.is_absolute() or ".." in windows.parts or not windows.parts:
        raise PydanticCustomError(
            "bad-folder", "{folder} is not a folder inside the delivery", {"folder": repr(folder)}
        )
    return folder


class Deliver(Table):
    """One deliverable: all songs in one format."""

    format: Literal["wav", "flac", "mp3"] = Field(description="The file format.")
    bits: Annotated[Literal[16, 24, 32] | None, Exact] = Field(
        default=None,
        description="Word length in bits: 16, 24 or 32 (float) for wav, 16 or 24 for flac; 24 if absent. Not for mp3.",
    )
    bitrate_kbps: Annotated[Literal[128, 160, 192, 224, 256, 320] | None, Exact] = Field(
        default=None, description="Bit rate of mp3 in kbit/s; 320 if absent. Not for wav and flac."
    )
    rate_hz: RateHz | None = Field(
        default=None, description="Sample rate in Hz; the album's if absent. mp3 takes 44100 and 48000."
    )
    dither: Literal["tpdf", "none"] = Field(
        default="tpdf", description="Noise that hides the rounding to 16 or 24 bits: triangular, or none."
    )
    ceiling_dbtp: CeilingDbtp | None = Field(
        default=None, description="True peak that no file exceeds, in dBTP; the target's if absent."
    )
    name: Annotated[Text, AfterValidator(check_name_template)] = Field(
        default="{number:02} {title}.{ext}",
        description="Template of file names, from {number}, {title}, {artist}, {album}, {isrc}, {ext}.",
    )
    folder: Annotated[Text, AfterValidator(check_folder)] | None = Field(
        default=None, description="Folder inside the delivery; named after format and bits (or bit rate) if absent."
    )

    def filled_in(self, *, rate_hz: int, ceiling_dbtp: float) -> "Deliver":
        """Return it with what its format, the album's rate and the target's ceiling supply."""
        form = FORMATS[self.format]
        return self.model_copy(
            update={
                "bits": self.bits or form.default_bits,
                "bitrate_kbps": self.bitrate_kbps or form.default_bitrate_kbps,
                "rate_hz": self.rate_hz or rate_hz,
                "ceiling_dbtp": ceiling_dbtp if self.ceiling_dbtp is None else self.ceiling_dbtp,
            }
        )

    def folder_for(self, album_rate_hz: int) -> str:
        """Return its folder: `flac-24`, `mp3-320`, and with the rate if that is not the album's, `wav-16-44.1k`."""
        if self.folder:
            return self.folder
        form = FORMATS[self.format]
        size = self.bits or form.default_bits or self.bitrate_kbps or form.default_bitrate_kbps
        rate_hz = self.rate_hz or album_rate_hz
        return f"{self.format}-{size}" + (f"-{rate_hz / 1000:g}k" if rate_hz != album_rate_hz else "")
