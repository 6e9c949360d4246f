"""What a check of rules found, with the line and a caret below the place."""

from collections.abc import Iterable

from rich.text import Text

from schemas.rules import Diagnostic
from service.cli.output import clean


def findings_text(findings: Iterable[Diagnostic]) -> Text:
    return Text("\n").join(map(_finding, findings))


def remarks(warnings: tuple[Diagnostic, ...], unchecked: str) -> list[Text]:
    """What stops nothing, and what could not be looked at."""
    told = [Text.assemble(("Warnings, which stop nothing:\n", "bold"), findings_text(warnings))]
    missing = Text(f"Fields and values were not compared with the tracker's. {clean(unchecked)}")
    return [*(told if warnings else []), *([missing] if unchecked else [])]


def _finding(found: Diagnostic) -> Text:
    text = Text(f"{found.file}:{found.line}:{found.column}: ", style="bold")
    text.append(clean(found.message), style="red")
    if found.source:
        source = clean(found.source)
        width = max(found.end_column - found.column, 1)
        # Tabs stay tabs, so that the caret stands where the place is.
        space = "".join(c if c == "\t" else " " for c in source[: found.column - 1])
        text.append(f"\n    {source}\n    {space}{'^' * width}")
    return text
