"""The complaint about a time zone that does not exist, in the same words wherever a zone can stand."""

from __future__ import annotations

from engine.calendar.zones import find_zone, suggest_zone
from engine.model.fault import Mistake, Path, Report
from engine.steps.rules import UNKNOWN_ZONE


def check_zone(name: object, path: Path, report: Report, *, may_be_contact: bool = True) -> bool:
    """Whether it is a zone of IANA, or `contact` where that may stand; reports it when not."""
    if (may_be_contact and name == "contact") or find_zone(name) is not None:
        return True
    meant = suggest_zone(str(name))
    hint = f" Did you mean `{meant}`?" if meant else ""
    other = "`contact`, or " if may_be_contact else ""
    help = f"Write `{meant}`." if meant else f"Write {other}a zone by its city, such as `Europe/Zurich`."
    report(Mistake(path, UNKNOWN_ZONE, f"There is no time zone `{name}`.{hint}", help))
    return False
