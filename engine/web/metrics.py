"""/metrics: what whoever watches the daemon wants to know, as Prometheus reads it. No contact is in it.

Everything is asked when it is read, so the hot paths count nothing for its sake but whole numbers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.errors import StoreError
from engine.model.scopes import allows
from engine.service.daemon import Daemon
from engine.service.inbox import Inbox
from engine.store.database import Store
from engine.web.api.keys import AdminKeyring
from engine.web.ingestion import Ingestion
from engine.web.problems import problem

_PREFIX = "journeys"
_SCOPE: Final = "journeys:read"


@dataclass(frozen=True, slots=True, eq=False)
class Metrics(Collector):
    """`keyring` None: everybody who reaches us may read, because only this machine does."""

    store: Store
    daemon: Daemon
    inbox: Inbox
    ingestion: Ingestion
    keyring: AdminKeyring | None

    def routes(self) -> list[Route]:
        """GET /metrics."""
        return [Route("/metrics", self._show, methods=["GET"])]

    async def _show(self, request: Request) -> Response:
        try:
            if (refused := self._refused(request.headers.get("authorization", ""))) is not None:
                return refused
            text = await asyncio.to_thread(self._text)
        except StoreError:
            return problem(503, "The database cannot be read.", retry_after=5)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_1_0_0})

    def _refused(self, authorization: str) -> Response | None:
        if self.keyring is None:
            return None
        key = self.keyring.key_of(authorization)
        if key is None:
            how = f"`journeys keys create --admin --name prometheus --scope {_SCOPE}` makes one."
            return problem(
                401, f"Send `Authorization: Bearer KEY`; {how}", challenge='Bearer realm="admin key"'
            )
        return None if allows(key.scopes, _SCOPE) else problem(403, f"This key has not the scope {_SCOPE}.")

    def _text(self) -> bytes:
        registry = CollectorRegistry()
        registry.register(self)
        ProcessCollector(registry=registry)  # memory, open files; where there is /proc
        return generate_latest(registry)

    def describe(self) -> list[Metric]:
        """Nothing is asked when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All of ours."""
        yield from self._of_the_door()
        yield from self._of_the_loops()
        yield from self._of_the_store()

    def _of_the_door(self) -> Iterator[Metric]:
        taken = CounterMetricFamily(f"{_PREFIX}_items", "Items that came over HTTP.", labels=["became"])
        for became, count in self.inbox.counts.items():
            taken.add_metric([became], count)
        yield taken
        refused = CounterMetricFamily(
            f"{_PREFIX}_requests_refused",
            "Requests with items that were not answered by 200.",
            labels=["status"],
        )
        for status, count in sorted(self.ingestion.refused.items()):
            refused.add_metric([str(status)], count)
        yield refused
        yield _gauge("inbox_items", "Items that wait to be stored.", self.inbox.waiting)
        yield _gauge("inbox_bytes", "Their bytes, as they came.", self.inbox.waiting_bytes)

    def _of_the_loops(self) -> Iterator[Metric]:
        now = self.daemon.clock.now()
        yield _gauge("running", "1 while the loops are at work.", int(self.daemon.may_go_on))
        if self.daemon.walked_at is not None:
            since = (now - self.daemon.walked_at).total_seconds()
            yield _gauge("walk_age_seconds", "Since the walk was last through with all that was due.", since)

    def _of_the_store(self) -> Iterator[Metric]:
        now = self.daemon.clock.now()
        backlog = self.store.backlog(now)
        late = 0.0 if backlog.due_since is None else (now - backlog.due_since).total_seconds()
        yield _gauge("lateness_seconds", "How long the oldest timer that is due has been so.", late)
        messages = GaugeMetricFamily(
            f"{_PREFIX}_outbox_messages",
            "Messages that are to leave, or that somebody has to look at.",
            labels=["channel", "state"],
        )
        for (channel, state), count in sorted(backlog.messages.items()):
            messages.add_metric([channel, state], count)
        yield messages


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", words, value=value)
