"""VST3 plug-ins: they sound as they do in pedalboard itself, late by what is said, and fail alone."""

import ctypes
import gc
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
from pydantic import ValidationError
from scipy.signal import butter, firwin, lfilter

from farm.dsp.plugin_host import PluginHost
from farm.dsp.plugin_latency import find_latency
from farm.dsp.processor import Adjustable, build_processor
from farm.dsp.vst3 import CHUNK_FRAMES, Vst3
from farm.errors import PluginError
from farm.manifest.processors.vst3 import Vst3 as Vst3Params
from farm.store.digests import xxh3_of_file, xxh3_of_folder

RATE_HZ = 48_000
FOLDER = Path("/usr/lib/vst3")
PRESSED = {"threshold_db": -30.0, "ratio": 4.0, "makeup_db": 6.0}

has_zam = pytest.mark.skipif(
    not (FOLDER / "ZaMaximX2.vst3").exists(), reason="Debian's zam-plugins are not installed: no VST3 plug-in is tested"
)


def needs_zam(test: Any) -> Any:
    """Mark a test that loads plug-ins: each load starts a process."""
    return pytest.mark.slow(has_zam(test))


def params(plugin: str | Path, **changes: Any) -> dict[str, Any]:
    path = plugin if isinstance(plugin, Path) else FOLDER / f"{plugin}.vst3"
    every = Vst3Params.model_validate({"type": "vst3", "plugin": str(path)}).model_dump()
    return {**every, "plugin": str(path), **changes}


@pytest.fixture
def build() -> Iterator[Any]:
    """A builder of plug-ins whose processes end with the test."""
    built: list[Vst3] = []

    def one(plugin: str | Path, rate_hz: int = RATE_HZ, **changes: Any) -> Vst3:
        built.append(Vst3(params(plugin, **changes), rate_hz))
        return built[-1]

    yield one
    for vst3 in built:
        vst3.close()
    # Plug-ins that a test has loaded here say goodbye on the terminal: while pytest listens, and not at its end.
    gc.collect()


def noise(frames: int, seed: int = 1, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal((frames, 2))).astype(np.float32)


def late(audio: np.ndarray, frames: int) -> np.ndarray:
    return np.concatenate([np.zeros((frames, 2), np.float32), audio])[: len(audio)]


def run(vst3: Vst3, audio: np.ndarray, size: int = 65_536) -> np.ndarray:
    out = audio.copy()
    for start in range(0, len(out), size):
        vst3.process(out[start : start + size])
    return out


@pytest.fixture(autouse=True)
def own_floating_point() -> Iterator[None]:
    """Undo what a plug-in loaded in this process does to it: the zam plug-ins switch small numbers off for good. (In a
    render they are loaded in processes of their own.)"""
    environment, libc = ctypes.create_string_buffer(256), ctypes.CDLL(None)
    libc.fegetenv(environment)
    yield
    libc.fesetenv(environment)


def load_here(plugin: str, parameters: Mapping[str, Any], channels: int) -> Any:
    """A plug-in in this very process, settled as it is in the child."""
    loaded = pedalboard.load_plugin(str(FOLDER / f"{plugin}.vst3"))
    for name, value in parameters.items():
        setattr(loaded, name, value)
    run_here(loaded, np.zeros((38 * CHUNK_FRAMES, channels), np.float32))
    return loaded


def run_here(loaded: Any, audio: np.ndarray) -> np.ndarray:
    """pedalboard's own answer to `(frames, channels)`."""
    out: np.ndarray = loaded.process(np.ascontiguousarray(audio.T), RATE_HZ, buffer_size=CHUNK_FRAMES, reset=False).T
    return out


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_the_end_of(pid: int) -> bool:
    for _ in range(200):
        if not is_running(pid):
            return True
        time.sleep(0.05)
    return False


@needs_zam
@pytest.mark.parametrize(
    ("plugin", "parameters"),
    [
        ("ZaMaximX2", {"threshold_db": -12.0, "output_ceiling_db": -1.0}),
        ("ZamCompX2", PRESSED),
        ("ZaMultiCompX2", {"threshold_1_db": -40.0, "zamcomp_1_on": True, "zamcomp_3_on": 1, "master_trim_db": -2.0}),
    ],
)
def test_a_stereo_plugin_sounds_as_it_does_in_pedalboard(build: Any, plugin: str, parameters: dict[str, Any]) -> None:
    audio = noise(100 * CHUNK_FRAMES)
    here = run_here(load_here(plugin, parameters, 2), audio)
    out = run(build(plugin, parameters=parameters), audio, 7_001)
    assert not np.allclose(here, audio, atol=1e-3)
    assert out.tobytes() == late(here, CHUNK_FRAMES).tobytes()


@needs_zam
@pytest.mark.parametrize(
    ("plugin", "parameters"),
    [
        ("ZamEQ2", {"peaks_on": 1.0, "boost_cut_1_db": 6.0, "frequency_1_hz": 1000.0}),
        ("ZamGEQ31", {"999hz_db": 6.0, "master_gain_db": -3.0}),
    ],
)
def test_a_mono_plugin_runs_once_for_each_channel(build: Any, plugin: str, parameters: dict[str, Any]) -> None:
    audio = noise(100 * CHUNK_FRAMES)
    sides = [run_here(load_here(plugin, parameters, 1), audio[:, side : side + 1]) for side in range(2)]
    out = run(build(plugin, parameters=parameters), audio)
    assert not np.allclose(sides[0], audio[:, :1], atol=1e-3)
    assert out.tobytes() == late(np.hstack(sides), CHUNK_FRAMES).tobytes()


@needs_zam
def test_the_channels_of_a_mono_plugin_do_not_hear_each_other(build: Any) -> None:
    audio = noise(20_000)
    audio[:, 1] = 0.0
    out = run(build("ZamEQ2", parameters={"master_gain_db": -6.0}), audio)
    assert not out[:, 1].any()
    assert out[1_000:, 0] == pytest.approx(late(audio, CHUNK_FRAMES)[1_000:, 0] * 10 ** (-6 / 20), rel=1e-4, abs=1e-6)


@needs_zam
@pytest.mark.parametrize(("channels", "plugin"), [("stereo", "ZamEQ2"), ("dual_mono", "ZamCompX2")])
def test_channels_that_a_plugin_has_not_are_refused(build: Any, channels: str, plugin: str) -> None:
    with pytest.raises(PluginError, match=f"{plugin} cannot be run as {channels}") as caught:
        build(plugin, channels=channels)
    assert caught.value.code == "plugin-channels"


@needs_zam
@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_the_latency_is_that_of_the_sound(build: Any, rate_hz: int) -> None:
    """The limiter's look-ahead of 480 frames, whatever the rate, and below its threshold nothing else."""
    audio = noise(20_000, level=0.01)
    vst3 = build("ZaMaximX2", rate_hz)
    assert vst3.latency_frames == CHUNK_FRAMES + 480
    assert run(vst3, audio).tobytes() == late(audio, vst3.latency_frames).tobytes()


@needs_zam
def test_a_plugin_without_latency_is_late_by_a_chunk(build: Any) -> None:
    assert build("ZamCompX2", parameters=PRESSED).latency_frames == CHUNK_FRAMES


@needs_zam
def test_an_echo_is_no_latency(build: Any) -> None:
    audio = np.zeros((30_000, 2), np.float32)
    audio[0] = 0.5
    vst3 = build("ZamDelay", parameters={"dry_wet": 1.0, "time_ms": 100.0, "lpf_hz": 20_000.0})
    assert vst3.latency_frames == CHUNK_FRAMES
    loudest = int(np.argmax(np.abs(run(vst3, audio)[:, 0]))) - CHUNK_FRAMES
    assert loudest == pytest.approx(RATE_HZ // 10, abs=5)


@needs_zam
def test_a_latency_that_is_given_is_believed(build: Any) -> None:
    assert build("ZamCompX2", latency_samples=123).latency_frames == CHUNK_FRAMES + 123


def spike(place: int, frames: int = 4_000, gain: float = -0.3) -> np.ndarray:
    response = np.zeros((frames, 2), np.float32)
    response[place] = gain
    return response


def mono(response: np.ndarray) -> np.ndarray:
    return np.repeat(response[:, None], 2, axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("response", "reported", "category", "expected"),
    [
        pytest.param(spike(100), 0, "Fx|Dynamics", 100, id="not reported"),
        pytest.param(spike(0), 512, "Fx|Dynamics", 0, id="reported for nothing"),
        pytest.param(spike(100), 7, "Fx|Delay|Mono", 7, id="an echo"),
        pytest.param(spike(100, gain=0.0), 64, "Fx", 64, id="nothing comes"),
        pytest.param(spike(100, gain=0.002), 64, "Fx", 64, id="lost in its noise"),
        pytest.param(noise(4_000), 64, "Fx", 64, id="smeared"),
        pytest.param(
            mono(late(mono(firwin(801, 0.01, pass_zero=False)), 10)[:, 0]), 9, "Fx|EQ", 410, id="linear phase"
        ),
        *(
            pytest.param(mono(lfilter(*butter(2, corner), spike(0)[:, 0])), 0, "Fx|EQ", 0, id=f"low-pass at {corner}")
            for corner in (0.01, 0.2, 0.4, 0.5, 0.6, 0.9)
        ),
    ],
)
def test_an_impulse_that_comes_back_as_a_spike_tells_the_latency(
    response: np.ndarray, reported: int, category: str, expected: int
) -> None:
    assert find_latency(response, noise(4_000, level=0.0001), reported, category) == expected


def moving(frame: int) -> dict[str, float]:
    """Parameters that move every 640 frames."""
    return {**PRESSED, "threshold_db": -10.0 - frame // 640 % 7, "makeup_db": float(frame // 1920 % 5)}


def run_moving(vst3: Vst3, audio: np.ndarray, size: int) -> np.ndarray:
    """Blocks of a size, cut where parameters move, as the caller has to."""
    out, start = audio.copy(), 0
    while start < len(out):
        if start % 64 == 0:
            mix = 0.9 if start % 6400 < 3200 else 0.4
            vst3.adjust({"parameters": moving(start), "mix": mix})
        end = min(start + size, start - start % 640 + 640, len(out))
        vst3.process(out[start:end])
        start = end
    return out


@needs_zam
@pytest.mark.parametrize("size", [1, 63, 64, 65, 4_096])
def test_a_plugin_does_not_see_the_block_size(build: Any, size: int) -> None:
    audio = noise(3_000 if size == 1 else 30_000)
    one = build("ZamCompX2", parameters=PRESSED, mix=0.7)
    other = build("ZamCompX2", parameters=PRESSED, mix=0.7)
    assert run(one, audio, size).tobytes() == run(other, audio).tobytes()


@needs_zam
@pytest.mark.parametrize("size", [1, 63, 64, 65, 4_096])
def test_a_plugin_that_is_automated_does_not_see_the_block_size(build: Any, size: int) -> None:
    audio = noise(9_000)
    one, other = build("ZamCompX2", parameters=PRESSED), build("ZamCompX2", parameters=PRESSED)
    assert run_moving(one, audio, size).tobytes() == run_moving(other, audio, 640).tobytes()


@needs_zam
def test_blocks_longer_than_usual_and_empty_ones_are_taken(build: Any) -> None:
    audio = noise(140_000)
    vst3 = build("ZamCompX2", parameters=PRESSED)
    vst3.process(audio[:0].copy())
    assert run(vst3, audio, 140_000).tobytes() == run(build("ZamCompX2", parameters=PRESSED), audio, 4_097).tobytes()


@needs_zam
@pytest.mark.parametrize("plugin", ["ZaMaximX2", "ZamGEQ31"])
def test_silence_stays_silent(build: Any, plugin: str) -> None:
    assert not run(build(plugin), np.zeros((10_000, 2), np.float32), 1_000).any()


@needs_zam
def test_parameters_move_between_chunks(build: Any) -> None:
    """Set within a chunk, a parameter holds from the next one on: what pedalboard gives if told so."""
    audio = noise(40 * CHUNK_FRAMES)
    later = {**PRESSED, "makeup_db": 0.0, "threshold_db": -10.0}
    here = load_here("ZamCompX2", PRESSED, 2)
    before = run_here(here, audio[: 11 * CHUNK_FRAMES])
    here.makeup_db, here.threshold_db = later["makeup_db"], later["threshold_db"]
    after = run_here(here, audio[11 * CHUNK_FRAMES :])
    for at in (10 * CHUNK_FRAMES + 64, 11 * CHUNK_FRAMES):
        for length in (64, 4 * CHUNK_FRAMES):
            vst3 = build("ZamCompX2", parameters=PRESSED)
            assert isinstance(vst3, Adjustable)
            out = [run(vst3, audio[:at])]
            vst3.adjust({"parameters": later, "mix": 1.0})
            out.append(run(vst3, audio[at:], length))
            assert np.concatenate(out).tobytes() == late(np.concatenate([before, after]), CHUNK_FRAMES).tobytes()


@needs_zam
def test_equal_parameters_change_no_bit(build: Any) -> None:
    audio = noise(5_000)
    vst3, out = build("ZamCompX2", parameters=PRESSED, mix=0.3), audio.copy()
    for start in range(0, len(out), 64):
        vst3.adjust({"parameters": dict(PRESSED), "mix": 0.3})
        vst3.process(out[start : start + 64])
    assert out.tobytes() == run(build("ZamCompX2", parameters=PRESSED, mix=0.3), audio).tobytes()


@needs_zam
def test_the_dry_sound_comes_as_late_as_the_wet_one(build: Any) -> None:
    audio = noise(10_000, level=0.01)
    vst3 = build("ZaMaximX2", mix=0.4)
    assert run(vst3, audio) == pytest.approx(late(audio, vst3.latency_frames), abs=1e-8)
    dry = run(build("ZaMaximX2", mix=0.0, parameters={"threshold_db": -30.0}), audio)
    assert dry.tobytes() == late(audio, vst3.latency_frames).tobytes()


@needs_zam
def test_the_mix_moves_evenly_over_a_control_period(build: Any) -> None:
    audio, at = noise(4_000), 1_280
    vst3 = build("ZamCompX2", parameters=PRESSED, mix=0.25)
    wet, dry = run(build("ZamCompX2", parameters=PRESSED), audio), late(audio, CHUNK_FRAMES)
    out = [run(vst3, audio[:at])]
    vst3.adjust({"parameters": PRESSED, "mix": 0.75})
    out.append(run(vst3, audio[at:], 50))
    share = np.interp(np.arange(len(audio)), [at - 1, at + 63], [0.25, 0.75])[:, None]
    assert np.concatenate(out) == pytest.approx(share * wet + (1 - share) * dry, abs=1e-7)


@needs_zam
@pytest.mark.parametrize("kind", ["preset", "state"])
def test_a_preset_sounds_as_the_settings_that_were_saved(build: Any, kind: str, tmp_path: Path) -> None:
    here, audio = load_here("ZamCompX2", PRESSED, 2), noise(10_000)
    (tmp_path / "saved").write_bytes(here.preset_data if kind == "preset" else here.raw_state)
    saved = build("ZamCompX2", **{kind: str(tmp_path / "saved")})
    assert run(saved, audio).tobytes() == run(build("ZamCompX2", parameters=PRESSED), audio).tobytes()
    over = build("ZamCompX2", **{kind: str(tmp_path / "saved")}, parameters={"makeup_db": 0.0})
    assert (
        run(over, audio).tobytes() == run(build("ZamCompX2", parameters=PRESSED | {"makeup_db": 0.0}), audio).tobytes()
    )


@needs_zam
def test_a_preset_that_cannot_be_used_is_named(build: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.vstpreset").write_text("no preset")
    for path in (tmp_path / "bad.vstpreset", tmp_path / "absent.vstpreset", tmp_path):
        with pytest.raises(PluginError, match="ZamCompX2") as caught:
            build("ZamCompX2", preset=str(path))
        assert caught.value.code == "plugin-preset"


@needs_zam
@pytest.mark.parametrize(
    ("parameters", "message", "hint"),
    [
        ({"treshold_db": -3.0}, "ZaMaximX2 has no parameter 'treshold_db'", "did you mean threshold_db?"),
        ({"colour": 1.0}, "ZaMaximX2 has no parameter 'colour'", "threshold_db"),
        ({"output_ceiling_db": 3.0}, "does not take 3.0 for output_ceiling_db", "a number from -30 to 0 dB"),
        ({"release_ms": "fast"}, "does not take 'fast' for release_ms", "a number from 1 to 100 ms"),
        ({"current_program": "Zerro"}, "does not take 'Zerro' for current_program", "'Zero'"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_would_be_right(
    build: Any, parameters: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(PluginError, match=message) as caught:
        build("ZaMaximX2", parameters=parameters)
    assert caught.value.code == "plugin-parameter"
    assert hint in str(caught.value.hint)


@needs_zam
def test_a_wrong_parameter_of_an_automation_is_refused(build: Any) -> None:
    vst3 = build("ZaMaximX2")
    vst3.adjust({"parameters": {"threshold_db": 7.0}, "mix": 1.0})
    with pytest.raises(PluginError, match=r"does not take 7\.0 for threshold_db"):
        vst3.process(noise(1_000))


@needs_zam
def test_a_missing_plugin_is_looked_for_by_name(build: Any, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"no plug-in ZamComp2\.vst3") as caught:
        build(tmp_path / "ZamComp2.vst3")
    assert (caught.value.code, caught.value.where) == ("plugin-missing", str(tmp_path / "ZamComp2.vst3"))
    assert str(caught.value.hint).startswith("did you mean /usr/lib/vst3/ZamComp")


def test_a_file_that_is_no_plugin_is_refused(build: Any, tmp_path: Path) -> None:
    (tmp_path / "shopping list.vst3").write_text("milk, bread")
    (tmp_path / "empty.vst3").mkdir()
    for name in ("shopping list", "empty"):
        with pytest.raises(PluginError, match=f"the plug-in {name} cannot be loaded") as caught:
            build(tmp_path / f"{name}.vst3")
        assert caught.value.code == "plugin-unreadable"


@needs_zam
def test_a_name_that_a_file_does_not_hold_is_refused(build: Any) -> None:
    assert build("ZamCompX2", name="ZamCompX2").latency_frames == CHUNK_FRAMES
    with pytest.raises(PluginError, match="the file holds no Other") as caught:
        build("ZamCompX2", name="Other")
    assert (caught.value.code, caught.value.hint) == ("plugin-unreadable", "it holds ZamCompX2")


@needs_zam
def test_a_path_may_hold_blanks_and_umlauts(build: Any, tmp_path: Path) -> None:
    copied = tmp_path / "Größe für Übung, 音" / "ZamCompX2.vst3"
    shutil.copytree(FOLDER / "ZamCompX2.vst3", copied)
    audio = noise(5_000)
    out = run(build(copied, parameters=PRESSED), audio)
    assert out.tobytes() == run(build("ZamCompX2", parameters=PRESSED), audio).tobytes()


@pytest.mark.slow
@pytest.mark.skipif(not (FOLDER / "ZamVerb.vst3").exists(), reason="Debian's zam-plugins are not installed: no ZamVerb")
def test_a_plugin_that_never_returns_is_stopped_by_name(build: Any) -> None:
    with pytest.raises(PluginError, match=r"ZamVerb gave no answer within 2 s while it was being loaded") as caught:
        build("ZamVerb", timeout_seconds=2.0)
    assert caught.value.code == "plugin-hung"
    assert "its last words: convolution: samplerate mismatch" in caught.value.message


@needs_zam
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_plugin_that_crashes_in_the_middle_is_named(build: Any, number: signal.Signals) -> None:
    """Stopped first, so that the signal surely comes while the block is waited for."""
    vst3, other = build("ZamCompX2"), build("ZamCompX2")
    vst3.process(noise(5_000))
    os.kill(vst3.child_pid, signal.SIGSTOP)
    killer = threading.Timer(0.2, os.kill, (vst3.child_pid, number))
    killer.start()
    threading.Timer(0.3, _continue, (vst3.child_pid,)).start()
    with pytest.raises(PluginError, match=f"ZamCompX2 was ended by {number.name} in the middle") as caught:
        vst3.process(noise(5_000))
    assert caught.value.code == "plugin-crashed"
    assert not is_running(vst3.child_pid)
    with pytest.raises(PluginError, match="runs no more"):
        vst3.process(noise(5_000))
    other.process(noise(5_000))


def _continue(pid: int) -> None:
    if is_running(pid):
        os.kill(pid, signal.SIGCONT)


@needs_zam
def test_a_plugin_that_hangs_in_the_middle_is_stopped() -> None:
    host = PluginHost(str(FOLDER / "ZamCompX2.vst3"), timeout_seconds=3.0)
    os.kill(host.pid, signal.SIGSTOP)
    with pytest.raises(PluginError, match="ZamCompX2 gave no answer within 3 s in the middle of the sound") as caught:
        host.process(noise(CHUNK_FRAMES), noise(CHUNK_FRAMES))
    assert caught.value.code == "plugin-hung"
    assert not is_running(host.pid)


@needs_zam
def test_two_plugins_run_in_two_threads_at_once(build: Any) -> None:
    audio = noise(200_000)
    alone = run(build("ZaMultiCompX2"), audio, 20_000).tobytes()
    results: dict[int, bytes] = {}

    def work(number: int) -> None:
        results[number] = run(build("ZaMultiCompX2"), audio, 20_000).tobytes()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {0: alone, 1: alone}


@needs_zam
def test_a_plugin_outlives_the_thread_that_loaded_it(build: Any) -> None:
    made: list[Vst3] = []
    thread = threading.Thread(target=lambda: made.append(build("ZamCompX2")))
    thread.start()
    thread.join()
    made[0].process(noise(5_000))


@needs_zam
def test_the_child_ends_when_nobody_needs_it(build: Any) -> None:
    closed = build("ZamCompX2")
    closed.close()
    closed.close()
    assert not is_running(closed.child_pid)
    dropped = build_processor("vst3", params("ZamCompX2"), RATE_HZ)
    assert isinstance(dropped, Vst3)
    pid = dropped.child_pid
    assert is_running(pid)
    del dropped
    assert not is_running(pid)


@pytest.mark.slow
@pytest.mark.skipif(not (FOLDER / "ZamVerb.vst3").exists(), reason="Debian's zam-plugins are not installed: no ZamVerb")
@pytest.mark.parametrize("plugin", ["ZamVerb", "ZamCompX2"])
def test_the_child_ends_when_its_parent_is_killed(plugin: str) -> None:
    """ZamVerb hangs with Python's lock in its hands: no thread of the child could notice."""
    code = (
        "from farm.dsp.plugin_host import PluginHost\n"
        f"host = PluginHost({str(FOLDER / plugin)!r} + '.vst3', 600.0)\n"
        "print(host.pid, flush=True)\n"
        f"request = {params(plugin)!r}\n"
        f"host.load({{**request, 'rate_hz': {RATE_HZ}, 'chunk_frames': {CHUNK_FRAMES}}})\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        time.sleep(1.5)
        assert is_running(pid)
        parent.kill()
        assert wait_for_the_end_of(pid)


@needs_zam
def test_what_a_plugin_prints_does_not_reach_the_terminal() -> None:
    code = (
        "import numpy as np\n"
        "from farm.dsp.vst3 import Vst3\n"
        f"vst3 = Vst3({params('ZamDelay')!r}, {RATE_HZ})\n"
        "vst3.process(np.zeros((5000, 2), np.float32))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_preset_and_state_exclude_each_other() -> None:
    table = {"type": "vst3", "plugin": "a.vst3", "parameters": {"on": True, "gain_db": -3, "mode": "warm"}}
    assert Vst3Params.model_validate(table).parameters == {"on": True, "gain_db": -3.0, "mode": "warm"}
    with pytest.raises(ValidationError, match="exclude each other"):
        Vst3Params.model_validate({**table, "preset": "a.vstpreset", "state": "a.bin"})


def test_the_digest_of_a_folder_is_that_of_its_files_and_their_names(tmp_path: Path) -> None:
    def write(folder: str, files: dict[str, str]) -> str:
        for name, text in files.items():
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text(text)
        return xxh3_of_folder(tmp_path / folder)

    files = {"Contents/x86_64-linux/A.so": "code", "Contents/moduleinfo.json": "{}"}
    first = write("A.vst3", files)
    assert write("moved/Ä b.vst3", dict(reversed(files.items()))) == first
    digests = {
        first,
        write("changed.vst3", {**files, "Contents/x86_64-linux/A.so": "Code"}),
        write("more.vst3", {**files, "more": ""}),
        write("renamed.vst3", {"Contents/x86_64-linux/B.so": "code", "Contents/moduleinfo.json": "{}"}),
        write("swapped.vst3", {"Contents/x86_64-linux/A.so": "{}", "Contents/moduleinfo.json": "code"}),
    }
    assert len(digests) == 5
    lone = tmp_path / "A.vst3" / "Contents/moduleinfo.json"
    assert xxh3_of_folder(lone) == xxh3_of_file(lone)


@needs_zam
def test_a_plugin_leaves_the_floating_point_of_this_process_alone(build: Any) -> None:
    """Small numbers stay numbers, while and after a plug-in runs that switches them off in its own process."""
    run(build("ZamCompX2", parameters=PRESSED), noise(1000))
    assert float.fromhex("0x1p-1070") * 0.5 > 0.0
