"""Names of fields and values in a rule that its own tracker does not know: told when it is saved.

Only what stands in the file as it is can be seen: literals, and tables at the top of the file or
of a snippet. These are warnings: a tracker may get the value tomorrow.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from schemas.rules import Diagnostic, Snippet
from service.rules.linking import linked
from service.rules.nearest import nearest
from service.rules.port import Direction
from service.rules.snippets import column_of, file_of, parsed

_MAPS = {"map_value": 0, "only_mapped": 0, "prefixed": 0, "must_map": 1, "map_user": -1}
"""Where the table stands among the arguments; -1: it holds people."""


class KnownField(msgspec.Struct, frozen=True):
    label: str = ""
    allowed: tuple[str, ...] = ()
    """Names and ids of its values; () where anything of its kind is allowed."""


class Ground(msgspec.Struct, frozen=True):
    """What the tracker's project has."""

    fields: Mapping[str, KnownField]
    common: frozenset[str]
    """Names that every rule may use; what a tracker cannot hold of them is left out by itself."""


class _File(msgspec.Struct, frozen=True):
    name: str
    tree: ast.Module
    lines: list[str]


def strange_words(
    direction: Direction, source: str, library: tuple[Snippet, ...], ground: Ground
) -> tuple[Diagnostic, ...]:
    """() for a file that cannot be read, which the check of its syntax tells."""
    file = _file(f"{direction}.py", source)
    if file is None:
        return ()
    snippets = linked(source, file.name, library).snippets
    others = [found for each in snippets if (found := _file(file_of(each.name), each.source))]
    scan = _Scan(direction, ground, file, others)
    return tuple(sorted(set(scan.findings()), key=lambda one: (one.file, one.line, one.column)))


def _file(name: str, source: str) -> _File | None:
    tree = parsed(source)
    return _File(name, tree, source.splitlines()) if tree else None


class _Scan:
    def __init__(
        self, direction: Direction, ground: Ground, file: _File, others: list[_File]
    ) -> None:
        self._direction, self._ground, self._file = direction, ground, file
        self._tables = {
            name: (each, table) for each in (*others, file) for name, table in _tables(each.tree)
        }
        self._here = _parameter(file.tree, direction)

    def findings(self) -> Iterator[Diagnostic]:
        for node in ast.walk(self._file.tree):
            match node:
                case ast.Call(func=ast.Name(id="Wanted"), keywords=keywords):
                    yield from self._wanted(keywords)
                case ast.Call(func=ast.Name(id=called), args=args) if called in _MAPS:
                    yield from self._mapped(args, _MAPS[called])
                case ast.Compare(left=left, comparators=others):
                    yield from self._compared((left, *others))
            name = self._read(node)
            if name is not None:
                yield from self._field(name, written=False)

    def _wanted(self, keywords: Iterable[ast.keyword]) -> Iterator[Diagnostic]:
        for keyword in keywords:
            if keyword.arg == "fields" and isinstance(keyword.value, ast.Dict):
                pairs = zip(keyword.value.keys, keyword.value.values, strict=True)
                for key, value in pairs:
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield from self._field(key, written=True)
                        yield from self._values(self._file, key.value, value)
            elif keyword.arg is not None:
                yield from self._values(self._file, keyword.arg, keyword.value)

    def _mapped(self, args: list[ast.expr], place: int) -> Iterator[Diagnostic]:
        """A table whose keys are this side's words, for it is asked with a field of this side."""
        if place < 0 or len(args) <= place + 1:
            return
        field = self._named(args[place + 1])
        file, table = self._table(args[place])
        if field is not None and table is not None:
            for key in table.keys:
                if key is not None:
                    yield from self._values(file, field, key)

    def _compared(self, sides: tuple[ast.expr, ...]) -> Iterator[Diagnostic]:
        fields = [name for side in sides if (name := self._named(side)) is not None]
        for field in fields:
            for side in sides:
                yield from self._values(self._file, field, side)

    def _values(self, file: _File, field: str, node: ast.expr) -> Iterator[Diagnostic]:
        match node:
            case ast.Constant(value=str() as value):
                yield from self._value(file, field, value, node)
            case ast.List(elts=each) | ast.Tuple(elts=each) | ast.Set(elts=each):
                for element in each:
                    yield from self._values(file, field, element)
            case ast.IfExp(body=first, orelse=second):
                yield from self._values(file, field, first)
                yield from self._values(file, field, second)
            case ast.Call(func=ast.Name(id=called), args=args, keywords=keywords) if (
                called in _MAPS and _MAPS[called] >= 0
            ):
                place = _MAPS[called]
                home, table = self._table(args[place]) if len(args) > place else (file, None)
                for value_of in table.values if table else ():
                    yield from self._values(home, field, value_of)
                for keyword in keywords:
                    if keyword.arg == "default":
                        yield from self._values(file, field, keyword.value)

    def _value(self, file: _File, field: str, value: str, node: ast.expr) -> Iterator[Diagnostic]:
        known = self._ground.fields.get(field)
        if known is None or not known.allowed or not value:
            return
        if value.casefold() not in {each.casefold() for each in known.allowed}:
            near = nearest(value, known.allowed)
            some = ", ".join(map(repr, known.allowed[:5]))
            hint = f"Did you mean {near!r}?" if near else f"It has {some}, among others."
            yield _at(file, node, f"{field}: this tracker has no {value!r}. {hint}")

    def _field(self, node: ast.Constant, *, written: bool) -> Iterator[Diagnostic]:
        """What is only read may be more than the tracker tells of; then a likeness is needed."""
        name, ground = str(node.value), self._ground
        if not ground.fields or name in ground.fields or name in ground.common:
            return
        labels = {known.label: each for each, known in ground.fields.items() if known.label}
        near = nearest(name, (*ground.fields, *labels))
        if near or written:
            near = labels.get(near, near)
            label = ground.fields[near].label if near in ground.fields else ""
            called = f" ({label})" if label and label != near else ""
            hint = f" Did you mean {near!r}{called}?" if near else ""
            yield _at(self._file, node, f"This tracker has no field {name!r}.{hint}")

    def _read(self, node: ast.AST) -> ast.Constant | None:
        """The name in `issue.fields["name"]` and `issue.fields.get("name")`."""
        match node:
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=of), attr="fields"),
                slice=ast.Constant(value=str()) as name,
            ) if of == self._here:
                return name
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id=of), attr="fields"), attr="get"
                ),
                args=[ast.Constant(value=str()) as name, *_],
            ) if of == self._here:
                return name
        return None

    def _named(self, node: ast.AST) -> str | None:
        """The field of this side's issue that the expression reads."""
        match node:
            case ast.Attribute(value=ast.Name(id=of), attr=name) if of == self._here:
                return name
        found = self._read(node)
        return None if found is None else str(found.value)

    def _table(self, node: ast.expr) -> tuple[_File, ast.Dict | None]:
        match node:
            case ast.Dict():
                return self._file, node
            case ast.Name(id=name) if name in self._tables:
                return self._tables[name]
        return self._file, None


def _tables(tree: ast.Module) -> Iterator[tuple[str, ast.Dict]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as table):
                yield name, table
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as table):
                yield name, table


def _parameter(tree: ast.Module, direction: Direction) -> str:
    """What the rule calls this side's issue."""
    place = 0 if direction == "outgoing" else 1
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name, args=arguments) if name == direction:
                return arguments.args[place].arg if len(arguments.args) > place else ""
    return ""


def _at(file: _File, node: ast.expr, message: str) -> Diagnostic:
    line = file.lines[node.lineno - 1]
    one_line = node.end_lineno == node.lineno and node.end_col_offset is not None
    return Diagnostic(
        file.name,
        node.lineno,
        column_of(file.lines, node.lineno, node.col_offset),
        message,
        line,
        column_of(file.lines, node.lineno, node.end_col_offset or 0) if one_line else 0,
    )
