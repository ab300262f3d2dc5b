"""Reading config.yaml: the file, what the environment says otherwise, secrets from where they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from engine.channels.http.settings import HttpSettings
from engine.core.alarm import AlarmLimits
from engine.errors import ReadError, UsageError
from engine.language.document import Document
from engine.language.yaml_rules import EMPTY
from engine.language.yaml_text import read_yaml
from engine.model.channels import CHANNELS
from engine.model.spelling import did_you_mean
from engine.service.channels_config import read_ways
from engine.service.config_caps import SECTION as CAPS
from engine.service.config_caps import cap_setting
from engine.service.config_values import SECTIONS, SETTINGS, Setting
from engine.service.dkim_config import SECTION as DKIM
from engine.service.dkim_config import DkimSetting, read_dkim
from engine.service.secret_values import VARIABLE, known_variables
from engine.service.settings import (
    Bounces,
    Delivery,
    Http,
    Imap,
    Limits,
    PagesSettings,
    Relay,
    Settings,
)

CONFIG = "config.yaml"
_PREFIX = "JOURNEYS_"
_BY_PATH = {setting.path: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as written, and where, for complaints."""

    text: str
    where: str


def load_settings(workspace: Path, environment: Mapping[str, str], config: Path | None = None) -> Settings:
    """The settings of a workspace; a file that is not named need not exist. UsageError with the place."""
    file = config or workspace / CONFIG
    known = known_variables(environment)
    given = dict[tuple[str, ...], _Given]()
    ways: dict[str, dict[str, HttpSettings]] = {}
    dkim: tuple[DkimSetting, ...] = ()
    if config is not None or file.exists():
        given, ways, dkim = _from_file(_read(file), config.as_posix() if config else CONFIG, known)
    given |= _from_environment(known)
    values = {path: _value(path, one) for path, one in given.items()}
    settings = replace(_settings(workspace, values), channels=ways, dkim=dkim)
    _require_descriptions(settings)
    if settings.http.public_url is not None and settings.http.port is None:
        raise UsageError(
            "`http.public_url` is set, but nothing listens", "Set `http.port` as well, such as 8080."
        )
    settings.mailbox()
    if settings.relay.host is not None or settings.delivery.email == "smtp":
        settings.smtp()
    return settings


def _require_descriptions(settings: Settings) -> None:
    for channel in CHANNELS:
        if settings.way_of(channel) == "http" and not settings.channels.get(channel):
            raise UsageError(
                f"delivery.{channel} is `http`, but nothing under `channels.{channel}` says where to",
                f"Describe the request there, as docs/channels.md shows, or write `{channel}: capture`.",
            )


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read((1 << 20) + 1)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror}", "Name your config with --config FILE."
        ) from None


# --- the file ------------------------------------------------------------------------------------


def _from_file(
    text: bytes, name: str, known: Mapping[str, str]
) -> tuple[dict[tuple[str, ...], _Given], dict[str, dict[str, HttpSettings]], tuple[DkimSetting, ...]]:
    document = read_yaml(text, name)
    faults = [fault for fault in document.faults if fault.severity == "error" and fault.rule != EMPTY]
    if faults:
        raise UsageError(f"{faults[0].position}: {faults[0].message}", faults[0].help)
    given = {}
    for path in _paths(document):
        setting = _setting_at(path)
        if setting is None:
            raise _unknown(path, str(document.key_at(path)))
        where = str(document.value_at(path))
        if (written := _written(document, path)) is not None:
            given[path] = _Given(_filled(setting, written, where, known), where)

    def fill(written: str, where: str) -> str:
        return _with_variables("it", written, where, known)

    return given, read_ways(document, fill), read_dkim(document, fill)


def _paths(document: Document) -> list[tuple[str, ...]]:
    """Every setting that the file names: keys of sections, and keys that stand alone."""
    found: list[tuple[str, ...]] = []
    for key, value in document.data.items():
        if key in ("channels", DKIM):  # read by their own rules
            continue
        if key not in SECTIONS and key != CAPS:
            found.append((key,))
        elif isinstance(value, dict):
            found += [path for inner in value for path in _inside(key, inner, value[inner])]
        elif value is not None:
            place = document.value_at((key,))
            inside = ", ".join(path[1] for path in _BY_PATH if path[0] == key) or "`email: 3 per 7 days`"
            raise UsageError(f"{place}: `{key}` is a section, not a value", f"Write below it: {inside}.")
    return found


def _inside(section: str, key: str, value: object) -> list[tuple[str, ...]]:
    """A key of a section, or what stands below it where it is a section of its own."""
    is_section = any(path[:2] == (section, key) and len(path) > 2 for path in _BY_PATH)
    if not is_section or value is None:
        return [] if is_section else [(section, key)]
    return [(section, key, inner) for inner in value] if isinstance(value, dict) else [(section, key)]


def _written(document: Document, path: tuple[str, ...]) -> str | None:
    """The text of a value; None where nothing is written."""
    value: Any = document.data
    for key in path:
        value = value[key]
    if value is None:
        return None
    if path[0] == CAPS and isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict | list):
        raise UsageError(
            f"{document.value_at(path)}: `{'.'.join(path)}` is a single value", "Write it behind the colon."
        )
    return document.raw_at(path) if not isinstance(value, str) else value


def _filled(setting: Setting, written: str, where: str, known: Mapping[str, str]) -> str:
    """The text with each ${VAR} replaced."""
    if setting.is_secret and not VARIABLE.search(written):
        raise UsageError(
            f"{where}: `{setting.name}` is a secret and must not stand in the file",
            f'Write {setting.path[-1]}: "${{{"_".join(setting.path).upper()}}}" and set that variable.',
        )

    return _with_variables(f"`{setting.name}`", written, where, known)


def _with_variables(name: str, written: str, where: str, known: Mapping[str, str]) -> str:
    def value_of(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise UsageError(
                f"{where}: {name} needs the environment variable {match[1]}, which is not set",
                f"Set {match[1]}, or put a file of that name into $CREDENTIALS_DIRECTORY.",
            )
        return known[match[1]]

    return VARIABLE.sub(value_of, written)


def _unknown(path: tuple[str, ...], where: str) -> UsageError:
    name = ".".join(path)
    siblings = [known[-1] for known in _BY_PATH if known[:-1] == path[:-1]]
    if len(path) == 1:
        siblings += sorted({*SECTIONS, CAPS, "channels"})
    return UsageError(
        f"{where}: there is no setting `{name}`.{did_you_mean(path[-1], siblings)}",
        f"Known here: {', '.join(siblings)}.",
    )


# --- the environment -----------------------------------------------------------------------------


def _from_environment(known: Mapping[str, str]) -> dict[tuple[str, ...], _Given]:
    """JOURNEYS_SECTION__KEY; an empty one says nothing."""
    given = {}
    for name, text in sorted(known.items()):
        if not name.startswith(_PREFIX):
            continue
        path = tuple(name.removeprefix(_PREFIX).lower().split("__"))
        if _setting_at(path) is None:
            raise _unknown_variable(name)
        if text:
            given[path] = _Given(text, f"the environment variable {name}")
    return given


def _unknown_variable(name: str) -> UsageError:
    variables = [setting.variable for setting in SETTINGS]
    return UsageError(
        f"the environment variable {name} stands for no setting.{did_you_mean(name, variables)}",
        f"Unset it, or write one of {', '.join(variables)}.",
    )


# --- values --------------------------------------------------------------------------------------


def _setting_at(path: tuple[str, ...]) -> Setting | None:
    """The setting at a place; the names of caps are open."""
    return _BY_PATH.get(path) or cap_setting(path)


def _value(path: tuple[str, ...], given: _Given) -> Any:
    setting = _setting_at(path)
    assert setting is not None  # looked up when the place was read  # noqa: S101
    try:
        return setting.read(given.text)
    except ReadError as error:
        raise UsageError(f"{given.where}: {setting.name}: {error.message}", error.help) from None


def _settings(workspace: Path, values: Mapping[tuple[str, ...], Any]) -> Settings:
    def section(
        name: Literal["delivery", "smtp", "limits", "http", "pages", "alarms", "bounces"],
    ) -> dict[str, Any]:
        return {path[1]: value for path, value in values.items() if path[0] == name and len(path) == 2}

    imap = {path[2]: value for path, value in values.items() if path[:2] == ("bounces", "imap")}

    caps = tuple(cap for path, found in values.items() if path[0] == CAPS for cap in found)
    alone = {path[0]: value for path, value in values.items() if len(path) == 1}
    return Settings(
        workspace,
        delivery=Delivery(**section("delivery")),
        relay=Relay(**section("smtp")),
        limits=Limits(**section("limits")),
        http=Http(**section("http")),
        bounces=Bounces(**section("bounces"), imap=Imap(**imap)),
        pages=PagesSettings(**section("pages")),
        alarms=AlarmLimits(**section("alarms")),
        caps=caps,
        **alone,
    )
