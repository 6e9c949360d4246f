"""The stubs that people read and the prelude that runs are the same surface."""

import ast

import pytest

from service.rules.sessions import PRELUDE, SURFACE


def public(source: str) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            found[node.name] = node
    return found


STUBS, SANDBOX = public(SURFACE), public(PRELUDE)


def test_both_have_the_same_names():
    assert sorted(STUBS) == sorted(SANDBOX)


@pytest.mark.parametrize("name", sorted(STUBS))
def test_functions_and_constructors_take_the_same_parameters(name):
    assert parameters(STUBS[name]) is None or parameters(STUBS[name]) == parameters(SANDBOX[name])


@pytest.mark.parametrize("name", [n for n, node in STUBS.items() if isinstance(node, ast.ClassDef)])
def test_every_attribute_that_is_declared_exists(name):
    declared = {
        node.target.id
        for node in STUBS[name].body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert declared <= set_in(SANDBOX[name]) | on_the_class(SANDBOX[name])


def set_in(node: ast.AST) -> set[str]:
    """There, and by `_hold`, where that is called."""
    called = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    within = [node, *(n for n in ast.parse(PRELUDE).body if getattr(n, "name", "") == "_hold")]
    return {
        each.attr
        for part in (within if "_hold" in called else [node])
        for each in ast.walk(part)
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
    }


def on_the_class(node: ast.stmt) -> set[str]:
    """What all objects of the class have unless one has its own."""
    assert isinstance(node, ast.ClassDef)
    targets = [t for n in node.body if isinstance(n, ast.Assign) for t in n.targets]
    targets += [n.target for n in node.body if isinstance(n, ast.AnnAssign) and n.value]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def parameters(node: ast.stmt) -> list[str] | None:
    if isinstance(node, ast.ClassDef):
        made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        return parameters(made[0]) if made else None
    assert isinstance(node, ast.FunctionDef)
    names = [a.arg for a in (*node.args.args, *node.args.kwonlyargs)]
    return [name for name in names if not name.startswith("_")]
