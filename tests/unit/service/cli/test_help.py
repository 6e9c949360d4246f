"""Every command tells what it does and how it is called, with examples that work."""

import argparse
import shlex
from collections.abc import Iterator

import pytest

from service.cli import connectors, simulate
from service.cli.program import parser

LINE = "  tidegate "


def _commands(within: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    groups = [each for each in within._actions if isinstance(each, argparse._SubParsersAction)]
    if not groups:
        yield within
    for group in groups:
        for each in group.choices.values():
            yield from _commands(each)


WHOLE = parser((connectors.NAME, simulate.NAME))
COMMANDS = {each.prog: each for each in _commands(WHOLE)}


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 90
    assert "tidegate alm connection change" in COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_examples_that_are_understood(name: str) -> None:
    shown = COMMANDS[name].format_help()
    assert shown.startswith(f"usage: {name}")
    _, heading, after = shown.partition("\nExamples:\n")
    assert heading, shown
    examples = after.replace("\\\n", " ").splitlines()
    assert examples
    for example in examples:
        assert example.startswith(f"  {name}"), example
        given = WHOLE.parse_args(shlex.split(example)[1:])
        assert given.call is COMMANDS[name].get_default("call")


async def test_help_is_shown_for_a_command_and_for_what_is_misspelt(on_node) -> None:
    wrong = await on_node("conection", "list")
    assert wrong.code == 2
    assert "tidegate --help" in wrong.err
    lacking = await on_node("twin", "stop")
    assert lacking.code == 2
    assert "tidegate twin stop --help" in lacking.err
