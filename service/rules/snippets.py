"""Snippets: functions and tables that rules share, by `from snippets.NAME import …`.

The sandbox has no modules of ours. So the snippets that a file imports are loaded before it, each
under its own file name, and the import statements are blanked out; lines and columns stay.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

PACKAGE = "snippets"
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What the parser raises; the check of types tells where."""


class Import(msgspec.Struct, frozen=True):
    """One `from snippets.NAME import …`."""

    snippet: str
    names: tuple[str, ...]
    line: int
    column: int
    end_line: int
    end_column: int
    wrong: str = ""
    """Why it cannot be used as it is written."""


def file_of(name: str) -> str:
    return f"{PACKAGE}/{name}.py"


@lru_cache(maxsize=256)
def bare(source: str, package: str = PACKAGE) -> str:
    """The file with its imports of snippets blanked out, and every other letter in its place."""
    found = imports(source, package)
    if not found:
        return source
    lines = source.splitlines(keepends=True)
    for each in found:
        for number in range(each.line, each.end_line + 1):
            line = lines[number - 1]
            start = each.column - 1 if number == each.line else 0
            end = each.end_column - 1 if number == each.end_line else len(line.rstrip("\r\n"))
            word = "pass" if number == each.line else ""
            lines[number - 1] = line[:start] + word.ljust(end - start) + line[end:]
    return "".join(lines)


@lru_cache(maxsize=256)
def imports(source: str, package: str = PACKAGE) -> tuple[Import, ...]:
    """() for a file that cannot be read, which the check of its syntax tells."""
    tree = parsed(source) if package in source else None
    return tuple(_imports(tree, source, package)) if tree else ()


@lru_cache(maxsize=256)
def defined(source: str) -> frozenset[str]:
    """The names that a file makes at its top level."""
    tree = parsed(source)
    return frozenset(_defined(tree.body)) if tree else frozenset()


def parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except _UNREADABLE:
        return None


def _imports(tree: ast.Module, source: str, package: str) -> Iterator[Import]:
    lines = source.splitlines()
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if any(_within(each.name, package) for each in names):
                name = ""
                imported: tuple[str, ...] = ()
                wrong = f"Write it like this: from {PACKAGE}.people import full_name"
            case ast.ImportFrom(module=str() as module, level=0) if _within(module, package):
                name, imported = module.removeprefix(package).lstrip("."), _names(node)
                wrong = _wrong(node, name, id(node) in top)
            case _:
                continue
        yield Import(
            name,
            imported,
            node.lineno,
            column_of(lines, node.lineno, node.col_offset),
            node.end_lineno or node.lineno,
            column_of(lines, node.end_lineno or node.lineno, node.end_col_offset or 0),
            wrong,
        )


def _names(node: ast.ImportFrom) -> tuple[str, ...]:
    return tuple(alias.name for alias in node.names)


def _wrong(node: ast.ImportFrom, name: str, top: bool) -> str:
    if not name or "." in name:
        return f"Name the snippet, like this: from {PACKAGE}.people import full_name"
    if any(alias.name == "*" for alias in node.names):
        return "Name what is imported; * does not tell."
    if any(alias.asname not in (None, alias.name) for alias in node.names):
        return "What a snippet defines keeps its name: leave `as` out."
    return "" if top else "Snippets are imported at the beginning of a file, not within a block."


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def column_of(lines: list[str], line: int, offset: int) -> int:
    """The parser counts bytes."""
    text = lines[line - 1] if line <= len(lines) else ""
    return len(text.encode()[:offset].decode(errors="ignore")) + 1


def _defined(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                continue  # the same module under the same name does no harm
            case _:
                for each in ast.walk(node):
                    if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                        yield each.id


def used(source: str) -> frozenset[str]:
    """Names that the file reads and nowhere makes."""
    tree = parsed(source)
    if tree is None:
        return frozenset()
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    made |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return frozenset(node.id for node in names) - made


def place(source: str, name: str) -> tuple[int, int]:
    """Where the name stands first, outside strings and comments."""
    tree = parsed(source)
    lines = source.splitlines()
    found = [(1, 1)]
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Name(id=id) if id == name:
                found.append((node.lineno, column_of(lines, node.lineno, node.col_offset)))
            case ast.FunctionDef(name=id) | ast.ClassDef(name=id) if id == name:
                line = lines[node.lineno - 1]
                found.append((node.lineno, line.index(name, node.col_offset) + 1))
    return min(found[1:], default=found[0])
