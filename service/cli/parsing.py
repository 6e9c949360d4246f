"""Parts that the parsers of the commands share."""

import argparse
import textwrap
from collections.abc import Sequence
from typing import Protocol

from service.cli.session import Call

_PLACE = (
    ("--config", "FILE", "the node's configuration; or set TIDEGATE_CONFIG"),
    ("--socket", "PATH", "the node's admin socket, instead of --config"),
    ("--url", "URL", "the node's admin address (listen.admin), instead of --config"),
    ("--token", "TOKEN", "a token for --url: @file, env:NAME or set TIDEGATE_TOKEN"),
)
NODE = tuple(option for option, _, _ in _PLACE)
CONFIG = ("--config",)
NOWHERE = ()


class Commands(Protocol):
    """Where a parser takes its commands; argparse has no public name for it."""

    def add_parser(
        self,
        name: str,
        *,
        help: str,
        description: str,
        epilog: str | None = None,
        formatter_class: type[argparse.HelpFormatter] = argparse.HelpFormatter,
    ) -> argparse.ArgumentParser: ...


def add_common(
    parser: argparse.ArgumentParser, *, top: bool = False, place: Sequence[str] = NODE
) -> None:
    """Taken before the command and after it; only the first place sets the defaults."""
    options = parser.add_argument_group("the node and the output" if place else "the output")
    for option, metavar, text in _PLACE:
        if option in place:
            default = None if top else argparse.SUPPRESS
            options.add_argument(option, metavar=metavar, default=default, help=text)
    options.add_argument(
        "--json",
        action="store_true",
        default=False if top else argparse.SUPPRESS,
        help="print JSON, errors too",
    )


def command(
    commands: Commands,
    name: str,
    summary: str,
    call: Call,
    *,
    examples: str,
    place: Sequence[str] = NODE,
) -> argparse.ArgumentParser:
    """Adds a command that can be called. `examples`: lines without the leading `tidegate`, but for
    those that go on with the one before; `place`: the options that tell it which node."""
    lines = textwrap.indent(examples, "  tidegate ", lambda line: not line.startswith(" "))
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"Examples:\n{lines}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(call=call)
    add_common(parser, place=place)
    return parser


def group(commands: Commands, name: str, summary: str) -> Commands:
    parser = commands.add_parser(name, help=summary, description=f"{summary}.")
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_paging(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--page", type=int, default=1, metavar="N", help="which page (1)")
    parser.add_argument(
        "--page-size", type=int, default=50, metavar="N", help="how many a page (50, at most 500)"
    )


def add_long_paging(parser: argparse.ArgumentParser) -> None:
    """For lists that grow while they are read."""
    add_paging(parser)
    parser.add_argument(
        "--cursor", default="", metavar="TEXT", help="go on where a page ended, as it told"
    )
