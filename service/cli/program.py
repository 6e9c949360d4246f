"""Parses the command line, runs the command and turns every ending into an exit code."""

import argparse
import getpass
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import NoReturn, TextIO

from schemas.api import Problem
from schemas.errors import TidegateError
from service.cli import (
    activity,
    alm,
    bulk,
    configuration,
    conflicts,
    connections,
    connectors,
    daemon,
    disclosures,
    events,
    health,
    invitations,
    mapping,
    parked,
    peers,
    queue,
    relay,
    rules,
    simulate,
    snippets,
    tasks,
    tokens,
    triggers,
    twin_acts,
    twins,
)
from service.cli.ending import CommandFailed, Ending
from service.cli.output import Output
from service.cli.parsing import add_common
from service.cli.session import Ask, Call, Session
from service.log import Redactor, configure_logging

_GROUPS = (
    daemon,
    health,
    connections,
    invitations,
    peers,
    twins,
    mapping,
    alm,
    twin_acts,
    triggers,
    bulk,
    parked,
    conflicts,
    disclosures,
    tasks,
    queue,
    activity,
    events,
    tokens,
    relay,
    rules,
    configuration,
    snippets,
)
_EPILOG = """\
Examples:
  tidegate run --config tidegate.toml
  tidegate connector add jira jira https://jira.example.com --param token=@token.txt
  tidegate connection list --json
  tidegate task start sync --connection acme-globex
  tidegate events --follow
  tidegate plan config/

Exit codes: 0 done, 1 refused or failed, 2 wrong usage (`plan --exit-code`: changes), 3 the node
is not running.
Each command tells more with --help.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        problem = Problem(f"{self.prog}: {message}", f"{self.prog} --help")
        raise CommandFailed(problem, Ending.USAGE)


def parser(given: Sequence[str] = ()) -> argparse.ArgumentParser:
    made = _Parser(
        prog="tidegate",
        description="Keeps issues in step across trackers, companies and firewalls.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"tidegate {version('tidegate')}")
    add_common(made, top=True)
    commands = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in _GROUPS:
        group.add_to(commands)
    connectors.add_to(commands, load=connectors.NAME in given)
    simulate.add_to(commands, load=simulate.NAME in given)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    ask = getpass.getpass if sys.stdin is not None and sys.stdin.isatty() else None
    return run_program(given, os.environ, sys.stdin, sys.stdout, sys.stderr, ask)


def run_program(
    given: Sequence[str],
    environ: Mapping[str, str],
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO,
    ask: Ask | None,
) -> int:
    # Standard output belongs to the answer alone. `run` sets its own log up.
    configure_logging("console", "warning", redactor=Redactor(), stream=stderr)
    out = Output(as_json="--json" in given, stdout=stdout, stderr=stderr)
    try:
        arguments = parser(given).parse_args(given)
        call: Call = arguments.call
        return call(Session(arguments, out, environ, ask, stdin))
    except CommandFailed as failure:
        out.problem(failure.problem)
        return failure.ending
    except TidegateError as error:
        out.problem(Problem(error.message, error.remedy, fault=str(error.fault)))
        return Ending.FAILED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has seen enough. Python would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Ending.OK
