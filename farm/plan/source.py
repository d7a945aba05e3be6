"""From a strip's stem or clips to what it plays, in frames."""

from farm.manifest.clip import Clip
from farm.manifest.song import Strip
from farm.plan.inputs import Inputs
from farm.plan.spec import ClipSpec, SourceSpec
from farm.plan.tempo import TempoMap


def source_spec(strip: Strip, tempo: TempoMap, rate_hz: int, inputs: Inputs) -> SourceSpec:
    """Return what a strip plays."""
    if strip.stem is not None:
        clips: tuple[ClipSpec, ...] = (ClipSpec(inputs.spec(strip.stem)),)
    else:
        clips = tuple(_clip_spec(clip, tempo, rate_hz, inputs) for clip in strip.clips)
    shift = round(strip.delay_ms * rate_hz / 1000.0) + strip.delay_samples
    return SourceSpec(clips, strip.input, shift, strip.invert_polarity)


def _clip_spec(clip: Clip, tempo: TempoMap, rate_hz: int, inputs: Inputs) -> ClipSpec:
    return ClipSpec(
        file=inputs.spec(clip.file),
        at_frames=tempo.frames(clip.at),
        from_frames=round(clip.from_seconds * rate_hz),
        length_frames=max(1, round(clip.length_seconds * rate_hz)) if clip.length_seconds is not None else None,
        gain_db=clip.gain_db,
        fade_in_frames=round(clip.fade_in_seconds * rate_hz),
        fade_out_frames=round(clip.fade_out_seconds * rate_hz),
        fade_in_shape=clip.fade_in_shape,
        fade_out_shape=clip.fade_out_shape,
    )
