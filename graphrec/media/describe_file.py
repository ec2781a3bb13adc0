"""A video file -> its shots, segments and frames, with what they look and sound like, in one pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graphrec.arrays import sizes_of
from graphrec.media.cutting import Bounds
from graphrec.media.description import Description
from graphrec.media.encoders.base import Floats
from graphrec.media.encoders.registry import Encoders
from graphrec.media.end_cards import film_end
from graphrec.media.keyframes import Candidates, Pick, choose
from graphrec.media.moments import Beside, Hearing, Looking, Moments
from graphrec.media.one_pass import PictureSink, SoundSink, one_pass
from graphrec.media.sampling import PictureSampler
from graphrec.media.settings import DescribeSettings
from graphrec.media.shots import shot_finder
from graphrec.media.thumbnails import PICTURE, Spool


def describe(
    path: Path,
    settings: DescribeSettings,
    encoders: Encoders,
    spool: Spool,
    *,
    threads: int = 0,
    watch: PictureSink | None = None,
) -> tuple[Description, list[int]]:
    """Describe a video and say which pictures of ``spool`` are its frames.

    Args:
        path: the video.
        settings: how.
        encoders: by what.
        spool: a new one, which takes the candidates for frames.
        threads: that decode; 0 for as many as there are cores. Unless it is 1, another one encodes.
        watch: is shown every picture too, and so knows how far it is.

    Raises:
        ConfigError: a setting is out of range, or the detector's package is missing.
        DataError: the file cannot be used (see ``one_pass``).
    """
    with Beside(threads) as beside:
        return _describe(path, settings, encoders, spool, threads, beside, watch)


def _describe(
    path: Path,
    settings: DescribeSettings,
    encoders: Encoders,
    spool: Spool,
    threads: int,
    beside: Beside,
    watch: PictureSink | None,
) -> tuple[Description, list[int]]:
    looking = Looking(encoders.frames, beside)
    moments = PictureSampler(
        settings.frames_per_s or encoders.frames.frames_per_s, encoders.frames.picture, looking.take
    )
    candidates = PictureSampler(settings.frames.per_s, PICTURE, spool.take)
    shots = shot_finder(settings.detector) if settings.find_shots else None
    viewers: list[PictureSink] = [moments] if watch is None else [moments, watch]
    if shots is not None:
        viewers.append(shots)
    if settings.frames.kind != "none":
        viewers.append(candidates)
    hearing = Hearing(encoders.audio, beside) if encoders.audio else None
    listeners: list[SoundSink] = [hearing] if hearing else []
    info = one_pass(path, viewers, listeners, threads=threads, hardware=settings.hardware)
    moments.finish()
    candidates.finish()
    look = looking.finish()
    bounds = shots.finish() if shots is not None else np.array([0.0, info.duration_s])
    taken, end_s = np.array(spool.times), info.duration_s
    if settings.cut_end_card:
        end_s = film_end(look.times, look.at(look.times), end_s)
        bounds = np.append(bounds[bounds < end_s], end_s)
        taken = taken[taken < end_s]
        shown = look.times < end_s
        look = replace(look, times=look.times[shown], vectors=look.vectors[shown])
    segments = settings.segments.cut(bounds, look.times, look.vectors)
    whole = np.array([[0.0, end_s]])
    looks = look.stretches(segments)
    video = look.stretches(whole)
    candidate = Candidates(taken, look.at(taken), np.array(spool.sharpness)[: len(taken)])
    chosen, cover = _frames(settings, candidate, look, bounds, segments, looks, video)
    times = candidate.times[chosen]
    sound = hearing.finish(info.duration_s) if hearing else None
    return Description(
        info,
        end_s,
        bounds,
        segments,
        times,
        cover,
        (encoders.frames.name, encoders.frames.version),
        _kept(encoders.frames.name, (looks, candidate.vectors[chosen], video)),
        (encoders.audio.name, encoders.audio.version) if encoders.audio else None,
        _kept(encoders.audio.name, (sound.stretches(segments), sound.at(times), sound.stretches(whole)))
        if encoders.audio and sound
        else None,
    ), chosen.tolist()


def _kept(name: str, found: tuple[Floats, Floats, Floats]) -> tuple[Floats, Floats, Floats]:
    """Return what is kept of segments, frames and the video: of arrays, which are large, those of the video alone."""
    segments, frames, video = found
    return (segments[:, :0], frames[:, :0], video) if sizes_of(name, video.shape[1]) else found


def _frames(
    settings: DescribeSettings,
    found: Candidates,
    look: Moments,
    shots: Bounds,
    segments: Bounds,
    looks: Floats,
    video: Floats,
) -> tuple[npt.NDArray[np.int64], int]:
    """Choose frames by their number among the candidates, and which of them stands for the video."""
    if settings.frames.kind == "rate":
        chosen = np.arange(len(found.times))
    elif settings.frames.kind == "shots":
        stretches = np.stack([shots[:-1], shots[1:]], axis=1)
        chosen = choose(found, stretches, look.stretches(stretches), settings.pick)
    else:
        chosen = choose(found, segments, looks, settings.pick)
    of_chosen = Candidates(found.times[chosen], found.vectors[chosen], found.sharpness[chosen])
    everything = np.array([[0.0, np.inf]])
    cover = choose(of_chosen, everything, video, Pick.BEST)
    return chosen, int(cover[0]) if len(cover) else -1
