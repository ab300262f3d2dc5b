"""A value that is not there: false in `{% if %}`, nothing to loop over, an error when it is printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from liquid import Undefined

from engine.errors import RenderError

_WHERE = {"contact": " for this contact", "trigger": " in the event that started the journey"}


class Missing(Undefined):
    """Stands for a missing or null value. `name` is the path as the template wrote it."""

    __slots__ = ()

    #: python-liquid's `default` filter looks for this.
    force_liquid_default = True

    def complaint(self) -> RenderError:
        """The error that names the value and shows how to print it anyway."""
        where = _WHERE.get(self.name.split(".")[0], "")
        instead = "there" if self.name.endswith("name") else "…"
        return RenderError(
            f"`{self.name}` is missing{where}; write {{{{ {self.name} | default: '{instead}' }}}}",
            help="Or leave the sentence out: {% if " + self.name + " %} … {% endif %}.",
        )

    def __str__(self) -> str:
        raise self.complaint()

    def __int__(self) -> int:
        raise self.complaint()

    def __iter__(self) -> Iterator[Any]:
        raise self.complaint()

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Undefined) or other is None

    def __hash__(self) -> int:
        return hash(self.name)


class Unset(Undefined):
    """Nothing, and rightly so: prints as nothing. For {{ preheader }} of a message without one."""

    __slots__ = ()


def dotted(path: list[object]) -> str:
    """A path as templates write it: contact.tags[0], trigger['first name']."""
    written = str(path[0])
    for segment in path[1:]:
        plain = isinstance(segment, str) and segment.replace("-", "_").isidentifier()
        written += f".{segment}" if plain else f"[{segment!r}]"
    return written
