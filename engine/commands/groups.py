"""Verbs that have verbs of their own, such as `contact show`; those still to come are refused by name."""

from __future__ import annotations

from typing import Any

import click


class Group(click.Group):
    """`later` names what the product has and this version does not run."""

    def __init__(self, *args: Any, later: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.later = later

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in self.later:
            message = f"`journeys {self.name} {args[0]}` does not run in this version yet."
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)
