"""Golden files: a rule's input and what has to come out of it, beside the rule; run without a node.

A folder has `outgoing.py`, `incoming.py` or both, and one JSON file for each case. Snippets
stand in a folder `snippets` beside them, or above.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from schemas.errors import InputError, MappingError, RuleError
from schemas.rules import Difference, RuleSet, Snippet
from service.rules.codec import RichTextCodec
from service.rules.differences import differences
from service.rules.plain_form import PlainContext, PlainForm, PlainIssue, PlainReplica
from service.rules.port import RuleEngine
from service.rules.snippets import PACKAGE

_RULES = ("outgoing.py", "incoming.py")


class Case(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """With a `replica` the incoming rule runs, without one the outgoing rule."""

    about: str = ""
    context: PlainContext = PlainContext()
    issue: PlainIssue | None = None
    replica: PlainReplica | None = None
    sent: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    """What the outgoing rule lets out; null: nothing."""
    wanted: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    """What the incoming rule wants; null: it ignores the replica."""
    parks: str | msgspec.UnsetType = msgspec.UNSET
    """Words of the error with which the rule parks the issue."""


class Verdict(msgspec.Struct, frozen=True):
    file: str
    passed: bool
    differences: tuple[Difference, ...] = ()
    """`before` is what the file says, `after` what came out."""
    error: str = ""
    trace: str = ""


class GoldenFiles:
    def __init__(self, engine: RuleEngine, codec: RichTextCodec) -> None:
        self._engine = engine
        self._form = PlainForm(codec)

    async def run(self, file: Path, *, update: bool = False) -> Verdict:
        """`update` writes what came out into the file, for a person to read over."""
        case = read_case(file)
        expected = _expected(case, file)
        error: RuleError | MappingError | None = None
        came: dict[str, Any] = {}
        try:
            came = {_outcome(case): await self._result(case, file)}
        except (RuleError, MappingError) as caught:
            error = caught
            came = {"parks": caught.message}
        found = _compared(expected, came)
        if found and update:
            _rewrite(file, case, came)
            return Verdict(str(file), True, found)
        place = f"{error.file}:{error.line}: " if isinstance(error, RuleError) else ""
        return Verdict(
            str(file),
            not found,
            found,
            f"{place}{error.message}" if error and found else "",
            error.trace if isinstance(error, RuleError) and found else "",
        )

    async def _result(self, case: Case, file: Path) -> dict[str, Any] | None:
        sources = [_source(file.parent / name) for name in _RULES]
        rules = RuleSet(0, sources[0], sources[1], snippets=snippets_for(file.parent))
        direction = "incoming" if case.replica else "outgoing"
        if not sources[_RULES.index(f"{direction}.py")]:
            raise _wrong(file, f"there is no {direction}.py beside it")
        comments = (case.replica or case.issue or PlainIssue()).comments
        context = self._form.context(case.context, comments)
        issue = self._form.issue(case.issue) if case.issue else None
        if case.replica is not None:
            replica = self._form.replica(case.replica)
            return self._form.result(await self._engine.incoming(rules, replica, issue, context))
        if issue is None:
            raise _wrong(file, "it has neither an issue nor a replica")
        return self._form.result(await self._engine.outgoing(rules, issue, context))


def cases_in(folder: Path) -> Iterator[Path]:
    """The cases of the folder and of those below it, in the order of their names."""
    for file in sorted(folder.rglob("*.json")):
        if any((file.parent / name).exists() for name in _RULES):
            yield file


def rules_in(folder: Path) -> Iterator[Path]:
    yield from sorted(file for name in _RULES for file in folder.rglob(name))


def snippets_for(folder: Path) -> tuple[Snippet, ...]:
    """Of the nearest folder `snippets`, beside the rules or above them."""
    for place in (folder.absolute(), *folder.absolute().parents):
        found = place / PACKAGE
        if found.is_dir() and place.name != PACKAGE:
            files = sorted(found.glob("*.py"))
            return tuple(Snippet(file.stem, 0, _source(file)) for file in files if _named(file))
    return ()


def _named(file: Path) -> bool:
    """`__init__.py` may be there for an editor's sake."""
    return file.stem != "__init__"


def read_case(file: Path) -> Case:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Case)
    except OSError as error:
        raise _wrong(file, f"it cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise _wrong(file, str(error)) from error


def _source(file: Path) -> str:
    try:
        return file.read_text("utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(file, f"it cannot be read: {error}") from error


def _outcome(case: Case) -> str:
    return "wanted" if case.replica else "sent"


def _expected(case: Case, file: Path) -> dict[str, Any]:
    given = {name: getattr(case, name) for name in ("sent", "wanted", "parks")}
    expected = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    if len(expected) > 1 or ("sent" in expected and case.replica):
        raise _wrong(file, "it expects more than one outcome, or one that cannot be")
    return expected


def _compared(expected: dict[str, Any], came: dict[str, Any]) -> tuple[Difference, ...]:
    words = expected.get("parks")
    if words is not None and "parks" in came and words in came["parks"]:
        return ()
    return differences(expected, came)


def _rewrite(file: Path, case: Case, came: dict[str, Any]) -> None:
    unset = dict.fromkeys(("sent", "wanted", "parks"), msgspec.UNSET)
    changed = msgspec.structs.replace(case, **(unset | came))
    file.write_bytes(msgspec.json.format(msgspec.json.encode(changed), indent=2) + b"\n")


def _wrong(file: Path, what: str) -> InputError:
    return InputError(f"{file}: {what}.", remedy="Correct the file, then run it again.")
