"""On which line of a TOML file a key stands. tomllib does not tell."""

import re

_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
_ASSIGNMENT = re.compile(r"^\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*[^=\s.]+)*)\s*=")
_MULTILINE = re.compile(r'"""|\'\'\'')


def key_lines(text: str) -> dict[str, int]:
    """Dotted key or section to its first line, from 1. Keys inside inline tables are not found."""
    lines: dict[str, int] = {}
    section = ""
    open_string = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not open_string:
            if header := _HEADER.match(line):
                section = _plain(header[1])
                lines.setdefault(section, number)
            elif assignment := _ASSIGNMENT.match(line):
                key = _plain(assignment[1])
                lines.setdefault(f"{section}.{key}" if section else key, number)
        open_string = _still_open(line, open_string)
    return lines


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


def _still_open(line: str, open_string: str) -> str:
    for mark in _MULTILINE.findall(line):
        if not open_string:
            open_string = mark
        elif mark == open_string:
            open_string = ""
    return open_string
