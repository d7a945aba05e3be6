"""The command line: `farm COMMAND`."""

import os
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from farm import __version__
from farm.cli.check import check
from farm.cli.deliver import deliver
from farm.cli.freeze import freeze
from farm.cli.graph import graph
from farm.cli.measure import measure
from farm.cli.plan import plan
from farm.cli.render import render
from farm.cli.schema import schema
from farm.cli.store import app as store
from farm.cli.verify import verify
from farm.errors import FarmError

_INTERRUPTED = 130

app = typer.Typer(
    help="Renders whole albums from a text file: mix, master, match, deliver.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # what draws boxes around help takes half of the time that help takes
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (check, plan, graph, render, freeze, deliver, verify, measure, schema):
    app.command()(command)
app.add_typer(store, name="store")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"farm {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; errors that people can mend are printed without a traceback."""
    signal.signal(signal.SIGINT, _leave_interrupted)
    try:
        app()
    except FarmError as error:
        print(error.render(), file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # whoever read stdout has gone: as `head` does when it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _leave_interrupted(signal_number: int, frame: FrameType | None) -> NoReturn:
    """Leave at once: worker threads would first finish their tasks, and a store is safe against being killed."""
    print("\ninterrupted; what was finished is kept, render again to go on", file=sys.stderr, flush=True)  # noqa: T201
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
