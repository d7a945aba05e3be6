"""A full disk while a delivery is written: an error that says so, and no half-written file under a final name."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ALBUM, Farm, write_album

SCRIPT = """\
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from deliver_songs import ALL, FACTS, encode_song, music, spec_of
from farm.errors import DeliveryError
source, target = Path(sys.argv[2], "song.raw"), Path(sys.argv[2], "song")
source.write_bytes(music(200_000).tobytes())
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
for each in ALL:
    try:
        encode_song(spec_of(*each), source, target, frames=200_000, rate_hz=48000, exact_bits=None, facts=FACTS)
        print(each[0], "written")
    except DeliveryError as error:
        print(each[0], error.code, error.hint is not None)
    target.unlink(missing_ok=True)
print(sorted(path.name for path in source.parent.iterdir()))
"""


def test_every_writer_says_that_it_could_not_write(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: it takes no rights to set one."""
    right = Path(__file__).parent.parent / "right"
    command = [sys.executable, "-c", SCRIPT, str(right), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    *writers, left = done.stdout.splitlines()
    assert left == "['song.raw']"
    assert len(writers) == 17
    for line in writers:
        _, code, hinted = line.split()
        assert code in ("disk-full", "encode-failed"), line
        assert hinted == "True"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_holds_whole_files_only_and_is_finished_later(tmp_path: Path, small_disk: Path, farm: Farm) -> None:
    manifest, out, store = write_album(tmp_path / "album"), small_disk / "out", tmp_path / "store"
    manifest.write_text(ALBUM.replace("bits = 24", "bits = 16"), encoding="utf-8")
    full = farm("render", manifest, "--out", out, "--store", store, "--workers", 2)
    assert full.code == 1
    assert "disk-full" in full.out + full.err
    assert "Traceback" not in full.err
    there = {path for path in out.rglob("*") if path.is_file()}
    again = farm("render", manifest, "--out", tmp_path / "roomy", "--store", store, "--workers", 2)
    assert again.code == 0
    for path in there:
        if path.suffix in (".flac", ".wav", ".mp3"):
            assert path.read_bytes() == (tmp_path / "roomy" / path.relative_to(out)).read_bytes()
    assert not [path for path in there if path.suffix == ".part"]
