"""The command line: which verbs there are, and what becomes of an error.

A verb's module is loaded when the verb is called, so that `matloop --help` loads none of the heavy libraries.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer

import matloop
from matloop.apps.cli.faults import show, show_faults
from matloop.errors import Fault, MatloopError

_INTERRUPTED = 130
"""What shells expect of a program that ctrl-C ended."""


@dataclass(frozen=True, slots=True)
class Verb:
    """Where a verb's function lives, and what `matloop --help` says of it."""

    module: str
    help: str


VERBS = {
    "demo": Verb("demo", "Run a whole campaign on the built-in virtual laboratory."),
    "init": Verb("begin", "Write a commented campaign.toml to start from."),
    "check": Verb("begin", "Name every fault of a campaign file, its data and its ledger."),
    "run": Verb("work", "Go round the closed loop; killed anywhere, it goes on."),
    "suggest": Verb("work", "Choose the next experiments and mark them as pending."),
    "pending": Verb("work", "Print again what is open."),
    "tell": Verb("work", "Take in a table of readings."),
    "correct": Verb("amend", "Correct or void a reading; the ledger keeps both."),
    "withdraw": Verb("amend", "Take open suggestions back."),
    "stop": Verb("amend", "End the campaign."),
    "status": Verb("look", "Say where the campaign stands and what to do next."),
    "report": Verb("found", "Write the shortlist and an HTML report, and print a summary."),
    "screen": Verb("screen", "Predict a large table, filter, and choose a shortlist."),
    "backtest": Verb("replay", "Replay strategies on a pool with known outcomes."),
    "leaderboard": Verb("validate", "Judge surrogates on a table by leaving whole groups out."),
    "inspect": Verb("inspect", "Name what is wrong with a table, or may be, with the lines."),
    "data": Verb("data", "List, get and verify the public tables."),
    "generate": Verb("generate", "List charge-neutral formulas; says first how many."),
    "import-nimo": Verb("nimo", "Make a campaign of a NIMO folder."),
    "export-nimo": Verb("nimo", "Write NIMO's candidates.csv with the readings in it."),
    "lab": Verb("nimo", "nimo-robot: let a lab be the robot of a NIMO script."),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 1 the work failed, 2 bad input or usage."""
    args = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    as_json, debug = "--json" in args, "--debug" in args
    _survive_odd_letters()
    try:
        code = _call(args)
    except MatloopError as error:
        code = show(error, as_json=as_json)
        _trace(debug)
    except typer.TyperException as error:
        code = _usage(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
        return 1
    except Exception as error:  # the last line of defence: no traceback reaches a user
        fault = Fault("matloop", f"unexpected {type(error).__name__}: {error}", "`--debug` shows where it comes from.")
        show_faults([fault], as_json=as_json, nothing_written=False)
        _trace(debug)
        return 1
    if code == _INTERRUPTED:
        print("Interrupted. Nothing is lost: run it again and it goes on.", file=sys.stderr)
    return code


def _call(args: list[str]) -> int:
    called = next((arg for arg in args if not arg.startswith("-")), None)
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(_matloop)
    for name, verb in VERBS.items():
        if name == called:
            app.command(name)(_loaded(name, verb))
        else:
            app.command(name, help=verb.help)(_elsewhere)
    answer = typer.main.get_command(app).main(args=args, prog_name="matloop", standalone_mode=False)
    return answer if isinstance(answer, int) else 0


def _loaded(name: str, verb: Verb) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(import_module(f"matloop.apps.cli.{verb.module}"), name.replace("-", "_"))
    return function


def _elsewhere() -> None:
    """Stand in for a verb that was not called, so that its module is not loaded."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"matloop {matloop.__version__}")
        raise typer.Exit


def _matloop(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Choose the next experiments of a materials campaign under stated uncertainty.

    Every verb takes --json (one JSON document on standard output) and --debug (where an error comes from).
    Exit codes: 0 done, 1 the work failed, 2 bad input or usage.
    """


def _usage(error: typer.TyperException, *, as_json: bool) -> int:
    """Say what is wrong with the command line itself."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "matloop"
    found = error.format_message().rstrip(".").replace("\n", " ")
    show_faults([Fault(command, found, f"See `{command} --help`.")], as_json=as_json)
    return 2


def _trace(debug: bool) -> None:
    if debug:
        traceback.print_exc()


def _survive_odd_letters() -> None:
    """A terminal that lacks a letter gets its number instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
