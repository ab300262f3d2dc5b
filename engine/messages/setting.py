"""What one rendering knows besides its values: language, zone, currency, and how much longer it may go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from time import thread_time
from zoneinfo import ZoneInfo

from engine.errors import RenderError

#: A message that takes longer than this many seconds to render is set aside.
TIME_LIMIT = 0.25
_EVERY = 16
#: More than this many bytes is no letter. Checked in characters while rendering, in bytes at the end.
SIZE_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One rendering for one contact. `deadline` is an instant of `time.thread_time`."""

    locale: str
    zone: ZoneInfo
    currency: str
    deadline: float
    _steps: Iterator[int] = field(default_factory=count, compare=False, repr=False)

    def check_now_and_then(self) -> None:
        """The same at every sixteenth step: asking the clock takes longer than most steps do."""
        if next(self._steps) % _EVERY == 0:
            self.check_time()

    def check_time(self) -> None:
        """Raise RenderError when the rendering has used up its time."""
        if thread_time() > self.deadline:
            raise RenderError(
                f"this message takes longer than {TIME_LIMIT * 1000:.0f} ms to render",
                help="Look for loops inside loops, and limit them: {% for item in list limit: 10 %}.",
            )


def deadline() -> float:
    """The instant at which a rendering that starts now has to be done."""
    return thread_time() + TIME_LIMIT


def too_large() -> RenderError:
    """What is raised when a text outgrows SIZE_LIMIT."""
    return RenderError(
        f"this message becomes larger than {SIZE_LIMIT // 1_000_000} MB",
        help="Look for a loop over a long list, and limit it: {% for item in list limit: 10 %}.",
    )
