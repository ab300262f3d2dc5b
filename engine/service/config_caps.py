"""Frequency caps of config.yaml: `email: 3 per 7 days`, `topic newsletter: 1 per day`, `all: 5 per week`.

The names are open, as topics are: what stands in the section `caps` becomes settings of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from engine.calendar.durations import read_duration
from engine.errors import ReadError, UsageError
from engine.language.yaml_text import read_yaml
from engine.model.consent import CHANNELS
from engine.model.duration import Duration
from engine.model.policy import Cap
from engine.model.spelling import did_you_mean
from engine.service.config_values import Setting

SECTION = "caps"
ALL = "all"

_CAP = re.compile(r"\s*([0-9]{1,6})\s+per\s+(\S.*?)\s*", re.IGNORECASE)
_TOPIC = re.compile(r"topic\s+(\S.*)")
_HELP = "Write how many in which time: `3 per 7 days`, `1 per day`."


def cap_setting(path: tuple[str, ...]) -> Setting | None:
    """The setting of a name below `caps`; its value is read as a tuple of caps."""
    if len(path) != 2 or path[0] != SECTION:
        return None
    return Setting(path, partial(read_caps, path[1]))


def read_caps(name: str, written: str) -> tuple[Cap, ...]:
    """One cap, or several with commas between: `1 per day, 3 per 7 days`. Raises ReadError."""
    channel, topic = _meant(name)
    return tuple(_read(one, channel, topic) for one in written.split(","))


def caps_of(config: bytes) -> tuple[Cap, ...]:
    """The caps of a config.yaml alone, for lint: secrets and all else need not be there yet.

    What is wrong in it is told by the verbs that run; here it is as if it were not written.
    """
    section = read_yaml(config, "config.yaml").data.get(SECTION)
    found: list[Cap] = []
    for name, written in section.items() if isinstance(section, Mapping) else ():
        try:
            found += read_caps(str(name), str(written))
        except ReadError:
            continue
    return tuple(found)


def check_topics(caps: Iterable[Cap], topics: Iterable[str] | None) -> None:
    """A cap on a topic that catalog.yaml does not have would never hold anything back. Raises UsageError."""
    for cap in caps:
        if cap.topic is not None and topics is not None and cap.topic not in topics:
            raise UsageError(
                f"config.yaml: the cap `{cap}` is for a topic that catalog.yaml does not have."
                f"{did_you_mean(cap.topic, topics)}",
                "Write one of `topics` in catalog.yaml.",
            )


def _meant(name: str) -> tuple[str | None, str | None]:
    """Channel and topic; neither is everything together."""
    topic = _TOPIC.fullmatch(name)
    if topic is not None:
        return None, topic[1]
    if name == ALL:
        return None, None
    if name in CHANNELS:
        return name, None
    known = ", ".join(f"`{channel}`" for channel in CHANNELS)
    raise ReadError(
        f"`{name}` is neither a channel nor `{ALL}`.{did_you_mean(name, (*CHANNELS, ALL))}",
        f"Write {known} or `{ALL}`; for a topic write `topic {name}: …`.",
    )


def _read(written: str, channel: str | None, topic: str | None) -> Cap:
    found = _CAP.fullmatch(written)
    if found is None:
        raise ReadError(f"`{written.strip()}` is no frequency cap", _HELP)
    most, per = int(found[1]), _length(found[2])
    if most < 1:
        raise ReadError("a cap of 0 would let nothing through", "Write at least 1, or take the cap away.")
    if not (per.months or per.days or per.seconds):
        raise ReadError(f"`{found[2]}` is no time at all", _HELP)
    return Cap(most, per, channel, topic)


def _length(written: str) -> Duration:
    """`7 days`, or `day` for one of them."""
    if written[:1].isalpha() and written[:1] not in "pP":
        return replace(read_duration(f"1 {written}"), text=written)
    return read_duration(written)
