"""Title formats: text with `$task_id`, `$title`, `$context`, `$application` and `$project`."""

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
VARIABLES = ("task_id", "title", "context", "application", "project")


def parts(text: str) -> list[tuple[str, str]]:
    """`("text", …)` and `("variable", …)` in their order."""
    found, at = [], 0
    for match in _VARIABLE.finditer(text):
        if match.start() > at:
            found.append(("text", text[at : match.start()]))
        found.append(("variable", match[1] or match[2]))
        at = match.end()
    if at < len(text):
        found.append(("text", text[at:]))
    return found


def problems(text: str, context: str) -> list[str]:
    """What is wrong with a format, in words."""
    used = [name for kind, name in parts(text) if kind == "variable"]
    unknown = [name for name in used if name not in VARIABLES]
    told = [
        f"There is no variable ${name}; there are: {', '.join('$' + v for v in VARIABLES)}."
        for name in unknown
    ]
    told += [f"${name} is missing." for name in ("task_id", "title") if name not in used]
    if "context" in used and not context:
        told.append("$context needs the param alm_context.")
    return told


def title(text: str, short: str, words: str, names: Mapping[str, str]) -> str:
    """`short` is shown with a colon, as SD Elements' own titles begin."""
    values = {**names, "task_id": f"{short}:", "title": words}
    shown = [values.get(word, "") if kind == "variable" else word for kind, word in parts(text)]
    return "".join(shown).strip()


def around(text: str, short: str, names: Mapping[str, str]) -> tuple[str, str]:
    """What stands before and behind a task's own words, whatever these are."""
    marks = title(text, short, "\0", names).split("\0")
    return marks[0], marks[-1]
