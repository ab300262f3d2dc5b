"""What a call of the admin API is: its place, what it takes and answers, who may, and who does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from engine.service.also import Also, nothing
from engine.service.running import Running
from engine.service.settings import Settings
from engine.store.admin_keys import AdminKey
from engine.store.database import Store
from engine.store.pages import Page

T = TypeVar("T")

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Shop:
    """What all calls work on. `wake` tells the loops that something may have made somebody move."""

    store: Store
    settings: Settings
    running: Callable[[], Running]
    now: Callable[[], datetime]
    wake: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Ask:
    """One request, read and allowed. `keep` is how its answer is kept, where it may come again."""

    shop: Shop
    key: AdminKey
    path: Mapping[str, str]
    query: Any = None
    body: Any = None
    plain: Mapping[str, Any] = field(default_factory=dict)  # the body as it came, also what no type names
    keep: Callable[[Page, bytes], None] | None = None
    is_kept: bool = False

    @property
    def who(self) -> str:
        """In whose name it is done, for traces and records."""
        return f"{self.key.source} (key {self.key.id})"

    def also(self, answer_of: Callable[[T], Any]) -> Also[T]:
        """For the transaction that does it: the answer is kept there or not at all."""
        keep = self.keep
        if keep is None:
            return nothing

        def work(page: Page, done: T) -> None:
            keep(page, msgspec.json.encode(answer_of(done)))
            self.is_kept = True

        return work


@dataclass(frozen=True, slots=True)
class Call:
    """`path` stands below /api/v1; `scope` is None where any key will do."""

    method: str
    path: str
    name: str
    summary: str
    scope: str | None
    work: Callable[[Ask], Any]
    answer: Any
    query: Any = None
    body: Any = None

    @property
    def writes(self) -> bool:
        """Whether it changes anything, so that it may say which request it is."""
        return self.method != "GET"

    @property
    def places(self) -> list[str]:
        """The names in the path."""
        return _PLACE.findall(self.path)

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """What stands at the places of the path; None for another path."""
        wanted = self.path.strip("/").split("/")
        if len(wanted) != len(parts):
            return None
        pairs = list(zip(wanted, parts, strict=True))
        if any(not place.startswith("{") and place != part for place, part in pairs):
            return None
        return {place[1:-1]: part for place, part in pairs if place.startswith("{")}
