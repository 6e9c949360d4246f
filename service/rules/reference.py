"""The reference of what a rule can use, written from the stubs."""

import ast

from service.rules.sessions import SURFACE


def reference(source: str = SURFACE) -> str:
    """Markdown: every class with its fields, every function with its parameters."""
    classes: list[str] = []
    functions: list[str] = []
    values: list[str] = []
    body = ast.parse(source).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                classes.append(_class(node))
            case ast.FunctionDef(name=name) if not name.startswith("_"):
                functions.append(_function(node))
            case ast.AnnAssign(target=ast.Name(id=name)):
                values.append(f"- `{name}`{_told(_text(after))}")
    return (
        "\n\n".join(
            (
                "# What a rule can use",
                *classes,
                "## Functions",
                "\n".join(functions),
                "## Values",
                "\n".join(values),
                "",
            )
        ).rstrip()
        + "\n"
    )


def _class(node: ast.ClassDef) -> str:
    lines = [f"## {node.name}", ""]
    about = ast.get_docstring(node)
    if about:
        lines += [_line(about), ""]
    for member, after in zip(node.body, [*node.body[1:], None], strict=True):
        match member:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind):
                lines.append(f"- `{name}: {ast.unparse(kind)}`{_told(_text(after))}")
            case ast.FunctionDef(name="__init__"):
                lines.append(f"- made as `{node.name}({_parameters(member)})`")
            case ast.FunctionDef():
                lines.append(_function(member))
    return "\n".join(lines)


def _function(node: ast.FunctionDef) -> str:
    gives = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    signature = f"{node.name}({_parameters(node)}){gives}"
    return f"- `{signature}`{_told(ast.get_docstring(node) or '')}"


def _parameters(node: ast.FunctionDef) -> str:
    arguments = [a for a in node.args.args if a.arg != "self"]
    shown = ast.arguments(
        posonlyargs=[],
        args=arguments,
        vararg=None,
        kwonlyargs=node.args.kwonlyargs,
        kw_defaults=node.args.kw_defaults,
        kwarg=None,
        defaults=node.args.defaults,
    )
    return ast.unparse(shown)


def _text(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return text
    return ""


def _told(text: str) -> str:
    return f": {_line(text)}" if text else ""


def _line(text: str) -> str:
    return " ".join(text.split())
