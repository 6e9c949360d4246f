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


CONTEXT = (
    "connection",
    "local_side",
    "remote_side",
    "local_key",
    "local_url",
    "remote_key",
    "remote_url",
    "project",
    "first_sync",
    "now",
    "mirror",
)
"""What the context tells besides `previous`."""


class Needs(msgspec.Struct, frozen=True):
    """All of it, unless a look at the file tells otherwise."""

    varies: bool = True
    """It may look at the clock or draw: each run gets a session for itself."""
    issue: bool = True
    """An incoming rule may look at the issue here; most ask the replica alone."""
    context: tuple[str, ...] | None = CONTEXT
    """Of it only these; None: it never looks at the context."""
    previous: bool = True


def needs_of(direction: Direction, sources: tuple[str, ...]) -> Needs:
    """`sources`: those of the snippets, and of the rule last."""
    return Needs(
        varies=any(map(varies, sources)),
        issue=direction == "incoming" and looks_at(sources, direction, 1),
        context=of_context(sources, direction),
        previous=any("previous" in source for source in sources),
    )


def varies(source: str) -> bool:
    return _VARYING.search(source) is not None


def looks_at(sources: tuple[str, ...], direction: Direction, place: int) -> bool:
    """False only where the function surely never looks at its parameter of that place."""
    name = _parameter(sources, direction, place)
    return name is None or len(re.findall(rf"\b{name}\b", sources[-1])) > 1


def of_context(sources: tuple[str, ...], direction: Direction) -> tuple[str, ...] | None:
    """All of it where it may be handed on, or looked at by a name that is not written down."""
    place = _PARAMETERS[direction] - 1
    name = _parameter(sources, direction, place)
    tree = parsed(sources[-1])
    if name is None or tree is None:
        return CONTEXT
    if not looks_at(sources, direction, place):
        return None
    nodes = list(ast.walk(tree))
    seen = [node for node in nodes if isinstance(node, ast.Name) and node.id == name]
    asked = [node for node in nodes if isinstance(node, ast.Attribute) and node.value in seen]
    if len(asked) != len(seen):
        return CONTEXT
    names = {node.attr for node in asked}
    return tuple(each for each in CONTEXT if each in names)


def _parameter(sources: tuple[str, ...], direction: Direction, place: int) -> str | None:
    """What the rule calls its parameter of that place; None where that cannot be told."""
    trees = [parsed(source) for source in sources]
    if not all(trees) or any(map(_REFLECTING.search, sources)):
        return None
    made = [node for tree in trees if tree for node in ast.walk(tree) if direction in _bound(node)]
    rule = trees[-1]
    if len(made) != 1 or not isinstance(made[0], ast.FunctionDef) or not rule:
        return None
    parameters = _plain_parameters(made[0])
    if made[0] not in rule.body or len(parameters) != _PARAMETERS[direction]:
        return None
    return parameters[place]


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
