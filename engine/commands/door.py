"""The door for errors: deliberate ones in plain words, others as a report in a file, never a traceback."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from engine import __version__
from engine.errors import FaultyError, JourneysError

UNEXPECTED = 3
_SECRET_NAME = re.compile(r"PASSW|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
_LOGIN = re.compile(r"://([^\s:/@]+):[^\s/]*@")


def tell(error: JourneysError) -> int:
    """The error on stderr: one line, what to do about it, then detail. Answers the exit code."""
    lines = error.message.splitlines() or [""]
    _print(f"error: {lines[0]}")
    if error.help:
        _print(f"help: {error.help}")
    for line in lines[1:]:
        _print(line)
    if isinstance(error, FaultyError):
        for fault in error.faults:
            _print(_fault(fault))
    return error.exit_code


def _fault(fault: object) -> str:
    """A fault on one line; `errors` is below `model` and cannot know what it carries."""
    parts = [str(getattr(fault, name, "")) for name in ("position", "severity", "rule", "message")]
    return f"{parts[0]}: {' '.join(parts[1:])}" if parts[0] else str(fault)


def tell_usage(error: click.ClickException) -> int:
    """A command line that cannot be read."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        _print(error.format_message())
        return error.exit_code
    _print(f"error: {error.format_message()}")
    context = getattr(error, "ctx", None)
    if context is not None:
        _print(f"help: `{context.command_path} --help` shows how it is used.")
    return 2


def report(error: BaseException, arguments: list[str], now: datetime) -> int:
    """Write a report and name it. Nothing of it goes to the screen but one line."""
    text = masked(_report(error, arguments, now), os.environ)
    file = _write(text, f"journeys-error-{now:%Y%m%d-%H%M%S}-{os.getpid()}.txt")
    _print(f"error: something unexpected happened ({type(error).__name__}); this is a mistake of the program")
    _print(f"help: The report is in {file}." if file else "help: No report could be written here.")
    return UNEXPECTED


def _report(error: BaseException, arguments: list[str], now: datetime) -> str:
    return (
        f"journeys {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{now.isoformat()}\n"
        f"journeys {' '.join(_without_values(arguments))}\n\n" + "".join(traceback.format_exception(error))
    )


def _without_values(arguments: list[str]) -> list[str]:
    """Verbs and names of options; what was given to them may be personal."""
    return [
        one.partition("=")[0] if one.startswith("-") else one if one.isalpha() else "…" for one in arguments
    ]


def masked(text: str, environment: Mapping[str, str]) -> str:
    """The text without passwords: logins in addresses, values of variables that are named like secrets."""
    secrets = {value for name, value in environment.items() if _SECRET_NAME.search(name) and len(value) > 3}
    for secret in sorted(secrets | _credentials(environment), key=len, reverse=True):
        text = text.replace(secret, "***")
    return _LOGIN.sub(r"://\1:***@", text)


def _credentials(environment: Mapping[str, str]) -> set[str]:
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return set()
    try:
        texts = [
            file.read_text(encoding="utf-8").strip() for file in Path(folder).iterdir() if file.is_file()
        ]
    except (OSError, UnicodeDecodeError):
        return set()
    return {text for text in texts if len(text) > 3}


def _write(text: str, name: str) -> Path | None:
    """Into this folder; where that is not possible, into the one for temporary files."""
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            file = folder / name
            file.write_text(text, encoding="utf-8")
        except OSError:
            continue
        return file
    return None


def _print(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201  # a door talks to people
