"""Message files beside a journey: front matter and body become a MessageSource."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.language import rules
from engine.language.addresses import check_address
from engine.language.attachments import read_attachments
from engine.language.catalog import Catalog
from engine.language.file_text import decode
from engine.language.front_matter import read_front_matter
from engine.language.shape import check_shape, shape_of, written_text
from engine.language.shapes.message import MESSAGE, TEXT_MESSAGE
from engine.model.channels import TEXTS
from engine.model.fault import Fault, Mistake, Report
from engine.model.message import Attachment, Kind, MessageSource
from engine.model.source import SourcePosition
from engine.model.spelling import did_you_mean

_KINDS: dict[str, Kind] = {
    ".md": "markdown",
    ".html": "html",
    ".mjml": "mjml",
    ".txt": "text",
    ".json": "json",
}
ENDINGS = tuple(_KINDS)  # of the files that are messages
_OF_MAIL = (".md", ".html", ".mjml")
LAYOUTS = "journeys/_layouts/"
_SHAPE = shape_of(MESSAGE)
_TEXT_SHAPE = shape_of(TEXT_MESSAGE)


def message_files(files: Mapping[str, bytes], folder: str) -> Iterator[tuple[str, str, Kind]]:
    """(name, file, kind) of each message in a folder, not of folders below it."""
    beside = [file for file in files if file.rpartition("/")[0] == folder]
    of_mail = {file.rpartition(".")[0] for file in beside if file.endswith(_OF_MAIL)}
    for file in beside:
        stem, dot, ending = file.rpartition(".")
        if not dot or f".{ending}" not in _KINDS or (ending == "txt" and stem in of_mail):
            continue  # NAME.txt beside NAME.md is the text part of that mail
        yield stem.rpartition("/")[2], file, _KINDS[f".{ending}"]


def read_messages(
    files: Mapping[str, bytes], folder: str, catalog: Catalog, texts: Collection[str] = ()
) -> tuple[dict[str, MessageSource], list[Fault]]:
    """All messages beside a journey by name. A faulty one is left out and its faults are told.

    `texts` are the names of those that no mail uses: their Markdown is plain text, and needs no subject.
    """
    partials = read_partials(files)
    sources: dict[str, MessageSource] = {}
    faults: list[Fault] = []
    seen: dict[str, str] = {}
    for name, file, kind in message_files(files, folder):
        if name in seen:
            faults.append(_twice(name, file, seen[name]))
            continue
        seen[name] = file
        if kind == "markdown" and name in texts:
            kind = "text"
        source, found = _read(files, name, file, kind, catalog, partials)
        faults += found
        if source is not None:
            sources[name] = source
    return sources, faults


def _twice(name: str, file: str, other: str) -> Fault:
    message = f"The message `{name}` is there twice: this file, and {other.rpartition('/')[2]}."
    help = "Keep one of the two, or give one another name."
    return Fault(SourcePosition(file, 1, 1, 1, 1), "error", rules.MESSAGE_TWICE, message, help)


def read_partials(files: Mapping[str, bytes]) -> dict[str, str]:
    """Layouts and partials by name."""
    partials = {}
    for file, content in files.items():
        if file.startswith(LAYOUTS):
            name = file.removeprefix(LAYOUTS).rpartition(".")[0]
            partials[name] = content.decode("utf-8", "replace")
    return partials


def _read(
    files: Mapping[str, bytes],
    name: str,
    file: str,
    kind: Kind,
    catalog: Catalog,
    partials: Mapping[str, str],
) -> tuple[MessageSource | None, list[Fault]]:
    if kind == "json":
        return _read_json(files, name, file)
    if kind == "text" and not files[file].lstrip().startswith(b"---"):
        return _read_bare(files, name, file)
    document, body, body_line = read_front_matter(files[file], file)
    faults = list(document.faults)

    def report(mistake: Mistake) -> None:
        faults.append(document.fault(mistake))

    attachments: tuple[Attachment, ...] = ()
    data: dict[str, Any] = written_text(document.data, MESSAGE, document, ())
    if document.is_whole:
        check_shape(data, _TEXT_SHAPE if kind == "text" else _SHAPE, (), report)
        attachments = read_attachments(data, files, file.rpartition("/")[0], report)
        _check_names(data, catalog, partials, report)
        if not body.strip() and not faults:
            report(Mistake((), rules.NO_BODY, "The message has no text.", "Write it below the second `---`."))
    if any(fault.severity == "error" for fault in faults):
        return None, faults
    text = None if kind == "text" else files.get(file.rpartition(".")[0] + ".txt")
    return (
        MessageSource(
            name=name,
            # MJML says of itself what it is, also in a file that is called .html
            kind="mjml" if body.lstrip().startswith("<mjml") else kind,
            subject=data.get("subject", ""),
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
            attachments=attachments,
        ),
        faults,
    )


def _read_bare(files: Mapping[str, bytes], name: str, file: str) -> tuple[MessageSource | None, list[Fault]]:
    """A text without front matter: all of it is what is read."""
    body, found = decode(files[file])
    if found is not None or not body.strip():
        place = SourcePosition(file, 1, 1, 1, 1)
        if found is not None:
            return None, [Fault(place, "error", found.rule, found.message, found.help)]
        return None, [Fault(place, "error", rules.NO_BODY, "The message has no text.", "Write it here.")]
    return MessageSource(name=name, kind="text", subject="", body=body, file=file), []


def _read_json(files: Mapping[str, bytes], name: str, file: str) -> tuple[MessageSource | None, list[Fault]]:
    """What a webhook says. Whether it is JSON is for the floor that fills it."""
    source, faults = _read_bare(files, name, file)
    return (None if source is None else replace(source, kind="json")), faults


def _check_names(
    data: Mapping[str, Any], catalog: Catalog, partials: Mapping[str, str], report: Report
) -> None:
    sender, topic, layout = (_text(data, key) for key in ("from", "topic", "layout"))
    if sender and catalog.topics is not None and sender not in catalog.senders:
        message = f"There is no sender `{sender}` in catalog.yaml.{did_you_mean(sender, catalog.senders)}"
        report(Mistake(("from",), rules.UNKNOWN_SENDER, message, "Write one of `senders` in catalog.yaml."))
    if topic and catalog.topics is not None and topic not in catalog.topics:
        message = f"There is no topic `{topic}` in catalog.yaml.{did_you_mean(topic, catalog.topics)}"
        report(Mistake(("topic",), rules.UNKNOWN_TOPIC, message, "Write one of `topics` in catalog.yaml."))
    if layout and layout not in ("none", "default") and layout not in partials:
        message = f"There is no layout `{layout}` in journeys/_layouts.{did_you_mean(layout, partials)}"
        help = "Write the name of a file there, without its ending, or `layout: none`."
        report(Mistake(("layout",), rules.UNKNOWN_LAYOUT, message, help))
    if reply_to := _text(data, "reply_to"):
        check_address(reply_to, ("reply_to",), report)


def _text(data: Mapping[str, Any], key: str) -> str:
    """The text behind a key; anything else has been complained about."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def messages_by_step(
    steps: Iterator[Mapping[str, Any]], sources: Mapping[str, MessageSource]
) -> dict[str, MessageSource]:
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
            subject = str(step.get("subject", ""))
            source = MessageSource(name=str(step["id"]), kind="markdown", subject=subject, body=step["body"])
        found[str(step["id"])] = _as_carried(source, str(step["send"]))
    return found


def _as_carried(source: MessageSource, channel: str) -> MessageSource:
    """The message as its channel takes it: only mail knows Markdown and HTML."""
    if channel in TEXTS:
        return replace(source, kind="text", text=None, partials=_of_texts(source.partials))
    return replace(source, kind="json") if channel == "webhook" else source


def _of_texts(partials: Mapping[str, str]) -> Mapping[str, str]:
    """What a text may render: parts without HTML. Layouts of mail are no part of its version."""
    return {name: text for name, text in partials.items() if "<" not in text}


def texts_of(steps: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The messages that only sms, push, whatsapp and chat use."""
    by_channel = [
        (str(step["send"]), str(step["message"])) for step in steps if {"send", "message"} <= step.keys()
    ]
    of_others = {name for channel, name in by_channel if channel not in TEXTS}
    return frozenset(name for channel, name in by_channel if channel in TEXTS) - of_others
