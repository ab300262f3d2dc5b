"""The program `journeys`: global options, verbs, exit codes (0 fine, 1 no, 2 usage, 3 unexpected)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from engine import __version__
from engine.commands import door
from engine.commands.options import Options, global_options, group_format
from engine.commands.table import LATER, VERBS
from engine.errors import JourneysError, UsageError
from engine.model.spelling import did_you_mean

_INTERRUPTED = 130  # 128 + SIGINT, as shells count
_BROKEN_PIPE = 141  # 128 + SIGPIPE

_EPILOG = """\b
Completion in bash:  eval "$(_JOURNEYS_COMPLETE=bash_source journeys)"
(zsh_source and fish_source likewise)"""


#: What other tools call our verbs.
_ALSO_CALLED = {
    "lint": "validate",
    "check": "validate",
    "format": "fmt",
    "deploy": "apply",
    "start": "run",
    "serve": "run",
    "why": "contact why",
}


class _Verbs(click.Group):
    """The verbs of the table, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        line = VERBS.get(cmd_name)
        if line is None:
            return None
        command = import_module(line.module).command
        assert isinstance(command, click.Command)  # noqa: S101  # the table says so
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in LATER:
            raise click.UsageError(f"`journeys {args[0]}` does not run in this version yet.", ctx)
        if args and not args[0].startswith("-") and args[0] not in VERBS:
            raise click.UsageError(f"There is no verb `{args[0]}`.{_meant(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names from the table: to complete a word, no verb need be imported."""
        verbs = [CompletionItem(name, help=line.summary) for name, line in VERBS.items()]
        return [one for one in verbs if one.value.startswith(incomplete)] + click.Command.shell_complete(
            self, ctx, incomplete
        )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line.summary) for name, line in VERBS.items()])


def _meant(word: str) -> str:
    if word in _ALSO_CALLED:
        return f" What you mean is `journeys {_ALSO_CALLED[word]}`."
    return did_you_mean(word, (*VERBS, *LATER))


@click.version_option(__version__, prog_name="journeys")
@click.group(
    cls=_Verbs, params=[*global_options(), group_format()], epilog=_EPILOG, subcommand_metavar="VERB …"
)
@click.pass_context
def journeys(ctx: click.Context) -> None:
    """Customer-lifecycle journeys as code: YAML in, messages out."""
    ctx.ensure_object(Options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; answers the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_any_script()
    try:
        code = journeys.main(given, prog_name="journeys", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except JourneysError as error:
        return door.tell(error)
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except click.ClickException as error:
        return door.tell_usage(error)
    except BrokenPipeError:
        return _close_pipe()
    except PermissionError as error:  # a file's rights are nobody's mistake in the program
        return door.tell(_forbidden(error))
    except Exception as error:  # noqa: BLE001  # the last door: whatever it is, people get one line
        return door.report(error, given, datetime.now(UTC))


def _forbidden(error: PermissionError) -> UsageError:
    return UsageError(
        f"{error.filename or 'a file'} cannot be used: {error.strerror}",
        "Give the user that runs this the right to it, and to its folder.",
    )


def _speak_any_script() -> None:
    """A terminal that cannot show a letter gets a stand-in rather than an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _close_pipe() -> int:
    """The reader went away, as `head` does: end quietly, also when Python flushes at the very end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _BROKEN_PIPE


if __name__ == "__main__":
    sys.exit(main())
