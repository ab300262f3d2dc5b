"""Options that every verb understands, before or behind its name; and formats, also those still to come."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Options:
    """What was said on the command line outside of the verb's own arguments."""

    workspace: Path | None = None
    config: Path | None = None
    format: str | None = None
    verbosity: int = 0
    is_plain: bool = False  # --no-color


class Verb(click.Command):
    """A verb: a click command that also takes the global options behind its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(global_options())

    def invoke(self, ctx: click.Context) -> Any:
        """Refuse a `--format` given before a verb that has none."""
        given = ctx.ensure_object(Options).format
        if given is not None and not any(param.name == "format" for param in self.params):
            raise click.UsageError(f"`{ctx.info_name}` has no --format.", ctx)
        start_logging(ctx.ensure_object(Options).verbosity)
        return super().invoke(ctx)


def start_logging(verbosity: int) -> None:
    """Warnings and worse to stderr; -v adds what the loops do, -vv everything."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


def global_options() -> list[click.Option]:
    """Made anew for each command; their values go into Options and not to the verb."""
    folder = click.Path(file_okay=False, path_type=Path)
    file = click.Path(dir_okay=False, path_type=Path)
    return [
        _option("--workspace", type=folder, metavar="DIR", help="The folder with journeys/ and config.yaml."),
        _option("--config", type=file, metavar="FILE", help="The configuration, instead of the workspace's."),
        _option("-v", "verbosity", count=True, default=None, help="Say more; -vv says everything."),
        _option("--no-color", "is_plain", is_flag=True, default=None, help="Plain text, as with NO_COLOR."),
    ]


def group_format() -> click.Option:
    """`--format` before the verb; the verb says which formats there are."""
    return _option("--format", metavar="FORMAT", help="How to print: text, json and others, by verb.")


def _option(*names: str, **settings: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_keep, **settings)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value is not None and param.name is not None:
        setattr(ctx.ensure_object(Options), param.name, value)


class _Format(click.ParamType[str]):
    """One of the formats of a verb; one of the product that does not run yet is refused by name."""

    name = "format"

    def __init__(self, known: tuple[str, ...], later: tuple[str, ...]) -> None:
        self.known = known
        self.later = later

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        del param  # the words say which option
        if value in self.later:
            raise click.UsageError(f"`--format {value}` does not run in this version yet.", ctx)
        if value not in self.known:
            raise click.UsageError(
                f"There is no format `{value}`; write one of {', '.join(self.known)}.", ctx
            )
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        del param, ctx
        return "[" + "|".join(self.known) + "]"


def format_option(*known: str, later: tuple[str, ...] = ()) -> Callable[[F], F]:
    """`--format` of a verb; the first is the default, unless one was given before the verb."""
    kind = _Format(known, later)

    def choose(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
        before = ctx.ensure_object(Options).format
        if value is not None:
            return value
        return known[0] if before is None else kind.convert(before, param, ctx)

    return click.option(
        "--format", type=kind, callback=choose, help=f"How to print; {known[0]} unless you say so."
    )
