"""What one rendering knows besides its values: language, zone, currency, and how much longer it may go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter, thread_time
from zoneinfo import ZoneInfo

from engine.errors import RenderError

#: A message that takes longer than this many seconds to render is set aside.
TIME_LIMIT = 0.25
#: More than this many bytes is no letter. Checked in characters while rendering, in bytes at the end.
SIZE_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One rendering for one contact, which begins now.

    What counts is this thread's time of the processor, so that a busy machine fails no letter. Asking for it
    costs more than most steps of a rendering do; the clock on the wall is cheap, and no thread works longer
    than it shows.
    """

    locale: str
    zone: ZoneInfo
    currency: str
    _begun_at: float = field(default_factory=perf_counter)
    _worked_until_then: float = field(default_factory=thread_time)

    def check_time(self) -> None:
        """Raise RenderError when the rendering has used up its time."""
        if perf_counter() - self._begun_at <= TIME_LIMIT:
            return
        if thread_time() - self._worked_until_then > TIME_LIMIT:
            raise RenderError(
                f"this message takes longer than {TIME_LIMIT * 1000:.0f} ms to render",
                help="Look for loops inside loops, and limit them: {% for item in list limit: 10 %}.",
            )


def too_large() -> RenderError:
    """What is raised when a text outgrows SIZE_LIMIT."""
    return RenderError(
        f"this message becomes larger than {SIZE_LIMIT // 1_000_000} MB",
        help="Look for a loop over a long list, and limit it: {% for item in list limit: 10 %}.",
    )
