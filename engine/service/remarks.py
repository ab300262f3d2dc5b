"""What `journeys validate` tells in all: faults and remarks of lint, less what comments in the files answer.

Apart from faults.py, since those who only run journeys need no lint.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.language.lint.check import lint, unread_files
from engine.language.lint.ignores import without_ignored
from engine.language.workspace import Workspace
from engine.model.fault import Fault
from engine.model.policy import Cap
from engine.service.explanations import MEANINGS
from engine.service.faults import all_faults, in_order


def told_faults(workspace: Workspace, files: Mapping[str, bytes], caps: tuple[Cap, ...] = ()) -> list[Fault]:
    """All faults and what lint has to remark, without what a reasoned comment in the files ignores."""
    found = [*all_faults(workspace, files), *lint(workspace, files, caps)]
    unread = frozenset(unread_files(workspace, files))
    return in_order(without_ignored(found, files, MEANINGS.keys(), unread))
