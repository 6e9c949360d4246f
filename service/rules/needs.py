"""What a rule may look at: what it surely never looks at does not cross into the sandbox."""

import ast
import re
from collections.abc import Iterable

import msgspec

from service.rules.port import Direction
from service.rules.snippets import parsed

_VARYING = re.compile(
    r"\bimport\b.*\b(?:datetime|time|random|uuid|secrets)\b"
    r"|\bfrom\s+(?:datetime|time|random|uuid|secrets)\b"
    r"|\b(?:eval|exec)\b"
)
_REFLECTING = re.compile(r"\b(?:eval|exec|locals|globals|vars|dir)\b")
_PARAMETERS: dict[Direction, int] = {"outgoing": 2, "incoming": 3}


class Needs(msgspec.Struct, frozen=True):
    """All of it, unless a look at the file tells otherwise."""

    varies: bool = True
    """It may look at the clock or draw: each run gets a session for itself."""
    issue: bool = True
    """An incoming rule may look at the issue here; most ask the replica alone."""
    context: bool = True
    previous: bool = True


def needs_of(direction: Direction, sources: tuple[str, ...]) -> Needs:
    """`sources`: those of the snippets, and of the rule last."""
    return Needs(
        varies=any(map(varies, sources)),
        issue=direction == "incoming" and looks_at(sources, direction, 1),
        context=looks_at(sources, direction, _PARAMETERS[direction] - 1),
        previous=any("previous" in source for source in sources),
    )


def varies(source: str) -> bool:
    return _VARYING.search(source) is not None


def looks_at(sources: tuple[str, ...], direction: Direction, place: int) -> bool:
    """False only where the function surely never looks at its parameter of that place."""
    trees = [parsed(source) for source in sources]
    if not all(trees) or any(map(_REFLECTING.search, sources)):
        return True
    made = [node for tree in trees if tree for node in ast.walk(tree) if direction in _bound(node)]
    rule = trees[-1]
    if len(made) != 1 or not isinstance(made[0], ast.FunctionDef) or not rule:
        return True
    parameters = _plain_parameters(made[0])
    if made[0] not in rule.body or len(parameters) != _PARAMETERS[direction]:
        return True
    return len(re.findall(rf"\b{parameters[place]}\b", sources[-1])) > 1


def _plain_parameters(function: ast.FunctionDef) -> list[str]:
    given = function.args
    if function.decorator_list or given.vararg or given.kwarg or given.posonlyargs:
        return []
    return [parameter.arg for parameter in given.args]


def _bound(node: ast.AST) -> Iterable[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.alias(name=name, asname=called):
            return (called or name,)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case ast.ExceptHandler(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return (name,)
        case ast.Global(names=names):
            return names
    return ()
