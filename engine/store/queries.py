"""What the doors ask: figures for status, and how much there is of everything."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.store.link import Link

_COUNTED = ("contact", "event", "enrollment", "position", "message", "trace")


@dataclass(slots=True)
class JourneyFigures:
    """Counted from rows. Those who have left count under their reason, messages under step and state."""

    entered: int = 0
    inside: int = 0
    converted: int = 0
    revenue: float = 0.0
    left: dict[str, int] = field(default_factory=dict)
    inside_by_step: dict[str, int] = field(default_factory=dict)
    messages_by_step: dict[str, dict[str, int]] = field(default_factory=dict)


def load_figures(link: Link, texts: dict[int, str]) -> dict[str, JourneyFigures]:
    """Of every journey somebody ever entered. Takes seconds on millions of rows; counters are for often."""
    link.over_everything()
    figures: dict[str, JourneyFigures] = {}
    _count_enrollments(link, texts, figures)
    _count_positions(link, texts, figures)
    _count_messages(link, texts, figures)
    return figures


def _count_enrollments(link: Link, texts: dict[int, str], figures: dict[str, JourneyFigures]) -> None:
    sql = (
        "SELECT journey, CASE WHEN left_at IS NULL THEN NULL ELSE coalesce(reason, 'left') END, count(*), "
        "count(converted_at), sum(revenue) FROM enrollment GROUP BY 1, 2"
    )
    for journey, reason, count, converted, revenue in link.rows(sql):
        figure = figures.setdefault(texts[journey], JourneyFigures())
        figure.entered += count
        figure.converted += converted
        figure.revenue += revenue or 0.0
        if reason is None:
            figure.inside = count
        else:
            figure.left[reason] = count


def _count_positions(link: Link, texts: dict[int, str], figures: dict[str, JourneyFigures]) -> None:
    sql = (
        "SELECT e.journey, p.step, count(*) FROM position p JOIN enrollment e ON e.id = p.enrollment "
        "GROUP BY 1, 2"
    )
    for journey, step, count in link.rows(sql):
        inside = figures.setdefault(texts[journey], JourneyFigures()).inside_by_step
        inside["" if step is None else texts[step]] = count


def _count_messages(link: Link, texts: dict[int, str], figures: dict[str, JourneyFigures]) -> None:
    for journey, step, state, count in link.rows(
        "SELECT journey, step, state, count(*) FROM message GROUP BY 1, 2, 3"
    ):
        by_step = figures.setdefault(texts[journey], JourneyFigures()).messages_by_step
        by_step.setdefault(texts[step], {})[state] = count


def load_counts(link: Link) -> dict[str, int]:
    """How many rows of each kind."""
    return {table: link.value(f"SELECT count(*) FROM {table}") for table in _COUNTED}


def load_stages(link: Link) -> dict[str | None, int]:
    """How many contacts are in each stage, off an index that holds only those in one; None: in no stage."""
    counts: dict[str | None, int] = dict(
        link.rows("SELECT stage, count(*) FROM contact WHERE stage IS NOT NULL GROUP BY stage")
    )
    everybody = int(link.value("SELECT count(*) FROM contact") or 0)
    return {**counts, None: everybody - sum(counts.values())}
