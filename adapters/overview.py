"""The tables of all trackers in README.md, made of their `quality.toml` and their manifests. In a
checkout, `python -m adapters.overview` writes them anew."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from adapters.port import Capabilities
from adapters.registry import BUILT_IN

README = Path(__file__).with_name("README.md")
BEGIN = "<!-- from here on written by `python -m adapters.overview` -->\n"
END = "<!-- up to here -->\n"

Quality = Mapping[str, Mapping[str, str]]
"""Section -> point -> "done", "todo" or "exempt: <reason>"."""

_OWN = ("system", "own")
"""Sections whose points differ from tracker to tracker."""
_SHOWN = {"done": "yes", "todo": "to do"}


def folder(system: str) -> Path:
    return README.parent / system.replace("-", "_")


def quality(system: str) -> Quality:
    loaded: Quality = tomllib.loads((folder(system) / "quality.toml").read_text("utf-8"))
    return loaded


def common(of: Quality) -> tuple[tuple[str, str], ...]:
    """Sections and points, without those of the tracker's own."""
    return tuple((section, point) for section in of if section not in _OWN for point in of[section])


def render() -> str:
    return "\n".join([*_points(), "", *_fields(), ""])


def written(readme: str) -> str:
    """The README with the tables of today."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{render()}\n{END}{after}"


def _points() -> Iterator[str]:
    """`-` is exempt."""
    known = {system: quality(system) for system in BUILT_IN}
    yield from _head("point")
    for section, point in common(next(iter(known.values()))):
        states = (of[section][point] for of in known.values())
        cells = [_SHOWN.get(state, "-") for state in states]
        yield _row([f"{section}: {point.replace('_', ' ')}", *cells])


def _fields() -> Iterator[str]:
    manifests = [adapter.capabilities for adapter in BUILT_IN.values()]
    yield from _head("field")
    for name in sorted({name for manifest in manifests for name in manifest.fields}):
        yield _row([f"`{name}`", *(_field(name, manifest) for manifest in manifests)])


def _field(name: str, manifest: Capabilities) -> str:
    if name not in manifest.fields:
        return "-"
    if name in manifest.read_only:
        return "read"
    return "some types" if name in manifest.by_type else "yes"


def _head(first: str) -> Iterator[str]:
    titles = [adapter.capabilities.title for adapter in BUILT_IN.values()]
    yield _row([first, *titles])
    yield _row(["---"] * (len(titles) + 1))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
