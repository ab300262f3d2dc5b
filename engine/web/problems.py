"""Errors over HTTP: RFC 9457, with `code` and `message` besides, which clients of the Segment family read."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

#: Code and title of each status that is answered here.
KINDS = {
    400: ("bad_request", "The request cannot be read"),
    401: ("unauthorized", "The key is not known"),
    403: ("forbidden", "This is not allowed"),
    404: ("not_found", "There is nothing here"),
    405: ("method_not_allowed", "This is asked in another way"),
    408: ("too_slow", "The request took too long to arrive"),
    409: ("conflict", "This cannot be done as things stand"),
    413: ("too_large", "The request is too large"),
    415: ("unsupported_media_type", "The body is not JSON"),
    422: ("unprocessable", "The request says something that cannot be"),
    429: ("busy", "Too much is waiting"),
    500: ("unexpected", "Something went wrong here"),
    503: ("unavailable", "The database does not take anything in"),
}

#: How to authenticate where nothing else is said.
_WRITE_KEY = 'Basic realm="write key"'


def problem(
    status: int,
    detail: str,
    *,
    retry_after: int | None = None,
    allow: str | None = None,
    challenge: str | None = _WRITE_KEY,
    title: str | None = None,
) -> Response:
    """`retry_after` in seconds; `allow` lists the methods of a place, `challenge` is for 401.

    `title` says in other words what is wrong."""
    code, usual = KINDS[status]
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if allow is not None:
        headers["Allow"] = allow
    if status == 401 and challenge is not None:
        headers["WWW-Authenticate"] = challenge
    body = {
        "type": "about:blank",
        "title": title or usual,
        "status": status,
        "detail": detail,
        "code": code,
        "message": detail,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")
