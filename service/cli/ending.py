"""How a command ends: its exit code, and what it says when it did not do what was asked."""

from enum import IntEnum

from schemas.api import Problem


class Ending(IntEnum):
    OK = 0
    FAILED = 1
    """Refused, failed, or something was found."""
    USAGE = 2
    NOT_RUNNING = 3


class FieldProblem(Problem, frozen=True, kw_only=True):
    errors: dict[str, list[str]]
    """What is wrong with each field of the request."""


class CommandFailed(Exception):
    """Ends a command; the problem goes to standard error."""

    def __init__(self, problem: Problem, ending: Ending = Ending.FAILED) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.ending = ending


def failed(detail: str, remedy: str, ending: Ending = Ending.FAILED) -> CommandFailed:
    return CommandFailed(Problem(detail, remedy), ending)
