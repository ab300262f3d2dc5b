"""What a verb works on: the workspace's files and settings, and where to print."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from rich.console import Console
from rich.text import Text

from engine.commands.options import Options
from engine.language.workspace import ROOT, Workspace, read_workspace
from engine.model.policy import Cap
from engine.service.config_caps import caps_of, check_topics
from engine.service.config_file import CONFIG, load_settings
from engine.service.files import read_files
from engine.service.settings import Settings


class Context:
    """One invocation. Everything is read when it is first asked for, and once."""

    def __init__(self, options: Options, paths: Iterable[str] = ()) -> None:
        self.options = options
        self.folder = options.workspace or _workspace_of(paths) or Path()

    @cached_property
    def settings(self) -> Settings:
        """config.yaml and the environment. Raises UsageError."""
        settings = load_settings(self.folder, os.environ, self.options.config)
        if any(cap.topic for cap in settings.caps):
            check_topics(settings.caps, self.workspace.catalog.topics)
        return settings

    @cached_property
    def caps(self) -> tuple[Cap, ...]:
        """The frequency caps of config.yaml, where there is one, whatever else it lacks."""
        file = self.options.config or self.folder / CONFIG
        try:
            return caps_of(file.read_bytes()) if file.is_file() else ()
        except OSError:
            return ()

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The files of journeys/ by their path in the workspace."""
        return read_files(self.folder)

    @cached_property
    def workspace(self) -> Workspace:
        """What the files say."""
        return read_workspace(self.files)

    @cached_property
    def console(self) -> Console:
        """Standard output; coloured on a terminal only. Plain means plain: no bold text either."""
        is_plain = self.options.is_plain or bool(os.environ.get("NO_COLOR"))
        return Console(color_system=None if is_plain else "auto", highlight=False, markup=False, emoji=False)

    def say(self, *parts: str | tuple[str, str]) -> None:
        """A line of text parts, some with a style. Never wrapped: terminals do that, and pipes must not."""
        self.console.print(Text.assemble(*parts), soft_wrap=True)


def _workspace_of(paths: Iterable[str]) -> Path | None:
    """The workspace that a path on the command line lies in, so that it need not be named twice."""
    for text in paths:
        path = Path(text)
        if path.exists():
            absolute = path.resolve()
            found = next((one for one in (absolute, *absolute.parents) if (one / ROOT).is_dir()), None)
            if found is not None:
                return _shortest(found)
    return None


def _shortest(folder: Path) -> Path:
    """Relative to where the shell stands, when it stands in or above the folder."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
