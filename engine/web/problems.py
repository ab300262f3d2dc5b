"""Errors over HTTP: RFC 9457, with `code` and `message` besides, which clients of the Segment family read."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

#: Code and title of each status that is answered here.
_KINDS = {
    400: ("bad_request", "The request cannot be read"),
    401: ("unauthorized", "The write key is not known"),
    404: ("not_found", "There is nothing here"),
    405: ("method_not_allowed", "This is asked in another way"),
    408: ("too_slow", "The request took too long to arrive"),
    413: ("too_large", "The request is too large"),
    429: ("busy", "Too much is waiting"),
    500: ("unexpected", "Something went wrong here"),
    503: ("unavailable", "The database does not take anything in"),
}


def problem(status: int, detail: str, *, retry_after: int | None = None) -> Response:
    """`retry_after` in seconds."""
    code, title = _KINDS[status]
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="write key"'
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "message": detail,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")
