"""Message files beside a journey: front matter and body become a MessageSource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.language import rules
from engine.language.catalog import Catalog
from engine.language.front_matter import read_front_matter
from engine.language.schema import LATER_MESSAGE_KEYS, MESSAGE
from engine.language.shape import check_keys, check_shape, written_text
from engine.model.fault import Fault, Mistake
from engine.model.message import Kind, MessageSource
from engine.model.spelling import did_you_mean

_KINDS: dict[str, Kind] = {".md": "markdown", ".html": "html"}
_LAYOUTS = "journeys/_layouts/"


def message_files(files: Mapping[str, bytes], folder: str) -> Iterator[tuple[str, str, Kind]]:
    """(name, file, kind) of each message in a folder, not of folders below it."""
    for file in files:
        head, _, tail = file.rpartition("/")
        name, dot, ending = tail.rpartition(".")
        if head == folder and dot and f".{ending}" in _KINDS:
            yield name, file, _KINDS[f".{ending}"]


def later_message_files(files: Mapping[str, bytes], folder: str) -> Iterator[str]:
    """Messages of a kind that does not run yet."""
    return (file for file in files if file.rpartition("/")[0] == folder and file.endswith(".mjml"))


def read_messages(files: Mapping[str, bytes], folder: str, catalog: Catalog) -> tuple[dict[str, MessageSource], list[Fault]]:
    """All messages beside a journey by name. A faulty one is left out and its faults are told."""
    partials = read_partials(files)
    sources: dict[str, MessageSource] = {}
    faults: list[Fault] = []
    for name, file, kind in message_files(files, folder):
        source, found = _read(files, name, file, kind, catalog, partials)
        faults += found
        if source is not None:
            sources[name] = source
    return sources, faults


def read_partials(files: Mapping[str, bytes]) -> dict[str, str]:
    """Layouts and partials by name."""
    partials = {}
    for file, content in files.items():
        if file.startswith(_LAYOUTS):
            name = file.removeprefix(_LAYOUTS).rpartition(".")[0]
            partials[name] = content.decode("utf-8", "replace")
    return partials


def _read(
    files: Mapping[str, bytes], name: str, file: str, kind: Kind, catalog: Catalog, partials: Mapping[str, str]
) -> tuple[MessageSource | None, list[Fault]]:
    document, body, body_line = read_front_matter(files[file], file)
    faults = list(document.faults)

    def report(mistake: Mistake) -> None:
        faults.append(document.fault(mistake))

    data: dict[str, Any] = written_text(document.data, MESSAGE, document, ())
    if document.is_whole:
        known = MESSAGE["properties"]
        is_right = check_keys(data, known, LATER_MESSAGE_KEYS, (), report, "A message's front matter")
        plain = {key: value for key, value in data.items() if key in known}
        is_right = check_shape(plain, MESSAGE, (), report) and is_right
        _check_names(data, catalog, partials, report)
    if any(fault.severity == "error" for fault in faults):
        return None, faults
    text = files.get(file.rpartition(".")[0] + ".txt")
    return (
        MessageSource(
            name=name,
            kind=kind,
            subject=data["subject"],
            body=body,
            preheader=data.get("preheader"),
            sender=data.get("from"),
            reply_to=data.get("reply_to"),
            layout=data.get("layout"),
            topic=data.get("topic"),
            text=None if text is None else text.decode("utf-8", "replace"),
            file=file,
            body_line=body_line,
            partials=partials,
        ),
        faults,
    )


def _check_names(data: Mapping[str, Any], catalog: Catalog, partials: Mapping[str, str], report: Any) -> None:
    sender, topic, layout = data.get("from"), data.get("topic"), data.get("layout")
    if isinstance(sender, str) and catalog.topics is not None and sender not in catalog.senders:
        message = f"There is no sender `{sender}` in catalog.yaml.{did_you_mean(sender, catalog.senders)}"
        report(Mistake(("from",), rules.NOT_ALLOWED, message, "Write one of `senders` in catalog.yaml."))
    if isinstance(topic, str) and catalog.topics is not None and topic not in catalog.topics:
        message = f"There is no topic `{topic}` in catalog.yaml.{did_you_mean(topic, catalog.topics)}"
        report(Mistake(("topic",), rules.UNKNOWN_TOPIC, message, "Write one of `topics` in catalog.yaml."))
    if isinstance(layout, str) and layout not in ("none", "default") and layout not in partials:
        message = f"There is no layout `{layout}` in journeys/_layouts.{did_you_mean(layout, partials)}"
        report(Mistake(("layout",), rules.NOT_ALLOWED, message, "Write the name of a file there, without its ending, or `none`."))


def messages_by_step(steps: Iterator[Mapping[str, Any]], sources: Mapping[str, MessageSource]) -> dict[str, MessageSource]:
    """What each send step sends: its file with the step's own subject, or its inline text."""
    found = {}
    for step in steps:
        if "send" not in step:
            continue
        if "message" in step:
            source = sources.get(str(step["message"]))
            if source is None:
                continue
            if "subject" in step:
                source = replace(source, subject=step["subject"])
        else:
            source = MessageSource(name=str(step["id"]), kind="markdown", subject=step["subject"], body=step["body"])
        found[str(step["id"])] = source
    return found
