"""The server: uvicorn in a thread beside the loops of the daemon."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from engine.errors import RefusedError
from engine.web.connection import GuardedConnection, end_the_late

#: Seconds for the server to begin, and for requests under way when it ends.
_BEGIN, _DRAIN = 10.0, 5

#: Seconds after which a busy thread lets another have its turn. With Python's own 5 ms a walk that asks the
#: database twenty questions beside a busy server would wait for a tenth of a second in all.
_TURN = 0.0005

#: Seconds for which a connection is kept between two requests.
_KEPT = 60


@contextmanager
def serving(app: ASGIApp, host: str, port: int) -> Iterator[str]:
    """Listen until the end of the block; answers the address. RefusedError where nobody can listen."""
    listener = _listener(host, port)
    server = _server(app)
    sys.setswitchinterval(_TURN)
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


def _server(app: ASGIApp) -> uvicorn.Server:
    """With our own connections, and only what is used: nobody looks at who asks, nothing is upgraded."""

    async def look_after_connections() -> None:
        end_the_late(server.server_state.connections)  # type: ignore[arg-type]  # all are made by us

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=GuardedConnection,
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_level="error",  # what strangers send is no news; /metrics counts it
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEPT,
            timeout_graceful_shutdown=_DRAIN,
            timeout_notify=1,
            callback_notify=look_after_connections,
        )
    )
    return server


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
