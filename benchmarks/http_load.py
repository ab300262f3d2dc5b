"""Many clients on one machine, lean enough to measure a server: raw sockets that are kept open, one selector.

Closed: every connection sends its next request as soon as it has its answer, which finds the throughput.
Open: requests have their times whatever the server does, and a latency counts from the time at which the
request was due, so that clients that politely wait hide no pause of the server (coordinated omission).
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Driven:
    """What came of it: seconds in all, a latency in milliseconds for each request, answers by status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def at(self, share: float) -> float:
        """The latency in milliseconds that this share of requests did not exceed."""
        return sorted(self.latencies)[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


@dataclass(slots=True)
class _Client:
    """One connection; `since` is when its request was due."""

    socket: socket.socket
    since: float = 0.0
    answer: bytes = b""


def drive(port: int, requests: Sequence[bytes], connections: int, rate: float | None = None) -> Driven:
    """Send all requests; `rate` in requests a second makes it an open loop."""
    with selectors.DefaultSelector() as selector:
        clients = [_Client(_connected(port)) for _ in range(connections)]
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        driven = _drive(selector, deque(clients), requests, rate)
        for client in clients:
            client.socket.close()
        return driven


def _connected(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _drive(
    selector: selectors.BaseSelector, idle: deque[_Client], requests: Sequence[bytes], rate: float | None
) -> Driven:
    driven, sent = Driven(), 0
    began = now = time.perf_counter()
    while len(driven.latencies) < len(requests):
        due = len(requests) if rate is None else min(len(requests), int((now - began) * rate) + 1)
        while sent < due and idle:
            client = idle.popleft()
            client.since = now if rate is None else began + sent / rate
            client.socket.sendall(requests[sent])
            sent += 1
        waiting = sent < len(requests) and rate is not None and idle
        pause = max(0.0, began + sent / rate - time.perf_counter()) if waiting and rate else 1.0
        ready = selector.select(pause)
        now = time.perf_counter()
        for key, _ in ready:
            client = key.data
            client.answer += client.socket.recv(65_536)
            if (status := _status(client.answer)) is not None:
                driven.latencies.append((now - client.since) * 1_000)
                driven.statuses[status] += 1
                client.answer = b""
                idle.append(client)
    driven.seconds = time.perf_counter() - began
    return driven


def _status(answer: bytes) -> int | None:
    """Of a whole answer; None while there is more to come."""
    if not answer:
        raise ConnectionError("the server hung up")
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return None
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return int(answer[9:12]) if len(body) >= int(length) else None
