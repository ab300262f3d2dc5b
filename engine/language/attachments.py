"""Files that travel with a message: named in the front matter, beside the journey, kept in the version."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from engine.language import rules
from engine.model.fault import Mistake, Report
from engine.model.message import Attachment
from engine.model.spelling import did_you_mean

#: Ending → media type. Nothing that runs: mail servers turn away letters with programs and scripts.
TYPES: Final[Mapping[str, str]] = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".ics": "text/calendar",
    ".vcf": "text/vcard",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: Bytes of one file, and of all files of a message: Base64 adds a third, and large mail is turned away.
LARGEST_FILE: Final = 1 << 20
LARGEST_TOGETHER: Final = 2 << 20


def read_attachments(
    data: Mapping[str, Any], files: Mapping[str, bytes], folder: str, report: Report
) -> tuple[Attachment, ...]:
    """The attachments that the front matter names, each mistake told at its line."""
    names = data.get("attachments")
    if not isinstance(names, list):
        return ()
    found = []
    for index, name in enumerate(names):
        if isinstance(name, str) and (attachment := _read(name, index, files, folder, report)) is not None:
            found.append(attachment)
    if sum(attachment.size for attachment in found) > LARGEST_TOGETHER:
        message = f"These attachments are larger than {LARGEST_TOGETHER >> 20} MB together."
        report(Mistake(("attachments",), rules.ATTACHMENT, message, _LINK))
    return tuple(found)


_LINK: Final = "Put large files on your site and link to them."


def _read(
    name: str, index: int, files: Mapping[str, bytes], folder: str, report: Report
) -> Attachment | None:
    def wrong(message: str, help: str) -> None:
        report(Mistake(("attachments", index), rules.ATTACHMENT, message, help))

    ending = name[name.rfind(".") :].lower() if "." in name else ""
    if "/" in name or "\\" in name:
        wrong(f"The attachment `{name}` lies in another folder.", "Put the file beside the journey.")
    elif ending not in TYPES:
        wrong(f"A file such as `{name}` cannot be attached.", f"These can: {', '.join(sorted(TYPES))}.")
    elif (content := files.get(f"{folder}/{name}")) is None:
        beside = [file.rpartition("/")[2] for file in files if file.rpartition("/")[0] == folder]
        hint = did_you_mean(name, [one for one in beside if one[one.rfind(".") :].lower() in TYPES])
        wrong(f"There is no file `{name}` beside this message.{hint}", "Put it into the journey's folder.")
    elif len(content) > LARGEST_FILE:
        wrong(f"The attachment `{name}` is larger than {LARGEST_FILE >> 20} MB.", _LINK)
    else:
        return Attachment(name, TYPES[ending], b64encode(content).decode("ascii"))
    return None
