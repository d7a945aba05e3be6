"""From an album to what a compact disc of it is to hold."""

from collections.abc import Sequence

from farm.manifest.album import Deliver
from farm.manifest.disc_view import disc_title
from farm.manifest.formats import DISC_RATE_HZ
from farm.manifest.models import Manifest
from farm.manifest.song import Song
from farm.plan.cd import CdSongSpec, CdSpec, DiscSpec, seconds_to_cd_frames
from farm.plan.sequence import Run
from farm.plan.spec import TagSpec


def songs_on_disc(deliver: Deliver, songs: Sequence[Song]) -> list[int]:
    """Return the numbers of the songs that the disc holds."""
    return [number for number, song in enumerate(songs, start=1) if song.disc == deliver.cd.disc]


def disc_spec(deliver: Deliver, manifest: Manifest, runs: Sequence[Run], tags: Sequence[TagSpec]) -> DiscSpec:
    """Return what the disc holds, and as what it is delivered."""
    options, numbers = deliver.cd, songs_on_disc(deliver, manifest.songs)
    first = tags[numbers[0] - 1]
    goes_on = {before for run in runs for before in run[:-1]}
    cd = CdSpec(
        title=disc_title(first.album, options.disc, first.disc_total),
        performer=", ".join(first.album_artists),
        songs=tuple(_song(manifest.songs[n - 1], tags[n - 1], joined=n in goes_on) for n in numbers),
        upc=first.upc,
        catalogue_number=first.catalogue_number,
        label=first.label,
        genre=manifest.album.genre,
        first_pregap_cd_frames=seconds_to_cd_frames(options.first_pregap_seconds),
        end_gap_cd_frames=seconds_to_cd_frames(options.end_gap_seconds),
        cd_text=options.cd_text,
        container=options.image,
        dither=deliver.dither,
        pq_name=options.pq_name,
        scrambled=options.scrambled,
        isrc_twice=options.isrc_twice,
    )
    return DiscSpec(deliver.format, cd)


def _song(song: Song, tags: TagSpec, *, joined: bool) -> CdSongSpec:
    """A song that overlaps the next one, or goes on in it, has no gap: its file ends where the next one begins."""
    return CdSongSpec(
        title=tags.title,
        performer=tags.artist,
        songwriter=song.cd.songwriter,
        composer=", ".join(tags.composers) or None,
        arranger=song.cd.arranger,
        message=song.cd.message,
        isrc=tags.isrc,
        gap_cd_frames=0 if joined else seconds_to_cd_frames(song.gap_seconds),
        joined=joined,
        index_frames=tuple(round(each * DISC_RATE_HZ) for each in song.cd.index_seconds),
        hidden=song.cd.hidden,
        pre_emphasis=song.cd.pre_emphasis,
        copy_permitted=song.cd.copy_permitted,
        scms=song.cd.scms,
    )
