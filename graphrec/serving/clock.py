"""Times in a video as people write them."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """Return seconds as minutes and seconds: 75 is 1:15, and 3700 is 1:01:40."""
    minutes, second = divmod(int(seconds + 1e-3), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
