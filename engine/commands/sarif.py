"""Faults as SARIF 2.1.0 (OASIS), the format that code hosts read findings in.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from engine import __version__
from engine.conditions.wording import sentence
from engine.model.fault import Fault
from engine.service.explanations import MEANINGS, sentence_of

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


def sarif(faults: Iterable[Fault], path_of: Callable[[str], str]) -> dict[str, Any]:
    """One run with all faults; `path_of` makes a file of the workspace relative to where the check runs."""
    told = list(faults)
    codes = sorted({fault.rule for fault in told})
    driver = {
        "name": "journeys",
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    results = [_result(fault, codes.index(fault.rule), path_of(fault.position.file)) for fault in told]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    meaning = sentence_of(MEANINGS.get(code, "A fault"))
    help = f"`journeys explain {code}` shows an example and what to write instead."
    return {"id": code, "shortDescription": {"text": meaning}, "help": {"text": help}}


def _result(fault: Fault, index: int, file: str) -> dict[str, Any]:
    place = fault.position
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    location = {"artifactLocation": {"uri": quote(file)}, "region": region}
    # Lines move when files are edited; what is said about which file stays, so a finding is known again.
    mark = sha256(f"{fault.rule}\n{place.file}\n{fault.message}".encode()).hexdigest()
    return {
        "ruleId": fault.rule,
        "ruleIndex": index,
        "level": _LEVELS[fault.severity],
        "message": {"text": f"{fault.message} {sentence(fault.help)}".strip()},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"journeysFault/v1": mark},
    }
