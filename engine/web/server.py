"""The server: uvicorn in a thread beside the loops of the daemon."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from engine.errors import RefusedError

#: Seconds for the server to begin, and for requests under way when it ends.
_BEGIN, _DRAIN = 10.0, 5


@contextmanager
def serving(app: Starlette, host: str, port: int) -> Iterator[str]:
    """Listen until the end of the block; answers the address. RefusedError where nobody can listen."""
    listener = _listener(host, port)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN,
        limit_concurrency=1_000,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    try:
        _await(server, thread)
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_DRAIN + 2)
        listener.close()


def _listener(host: str, port: int) -> socket.socket:
    """Bound here, so that a port in use is told before anything else begins."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise RefusedError(
            f"nothing can listen on {host}:{port}: {error.strerror or error}",
            "Choose another port (`http: { port: … }` in config.yaml), or end what listens there.",
        ) from None
    return listener


def _await(server: uvicorn.Server, thread: Thread) -> None:
    ends_at = time.monotonic() + _BEGIN
    while not server.started:
        if not thread.is_alive() or time.monotonic() > ends_at:
            raise RefusedError("the web server did not begin", "Run again with -v to see why.")
        time.sleep(0.01)
