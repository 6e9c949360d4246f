"""The rules that a connection starts with, as two files that a person can read and change.

They follow the manifests of the two trackers: everything that this one has leaves, and of what the
other one has everything is taken that this one can hold.
"""

import msgspec

from schemas.errors import ConfigurationError
from service.rules.vocabularies import VOCABULARIES, Vocabulary, tables

_BASIC = frozenset({"summary", "description", "type", "status", "priority", "labels"})
"""What is taken for granted of a tracker that does not tell its fields."""
_REST = (
    "labels",
    "components",
    "fix_versions",
    "affected_versions",
    "milestone",
    "assignee",
    "reporter",
    "due",
    "estimate",
    "remaining",
    "spent",
    "parent",
    "links",
)
_ORDER = ("summary", "description", "type", "status", "priority", "resolution", *_REST)
_PLACES = ("area", "iteration")


class Manifest(msgspec.Struct, frozen=True):
    """What is known of one side's tracker."""

    system: str
    fields: frozenset[str] = frozenset()
    """Neutral fields that an issue has there; empty when that is not known."""
    read_only: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        return name in (self.fields or _BASIC) or name in ("summary", "description", "type")

    def may_have(self, name: str) -> bool:
        return not self.fields or self.has(name)

    def takes(self, name: str) -> bool:
        return self.has(name) and name not in self.read_only


def default_rules(
    local: Manifest, remote: Manifest, template: str = "single-project"
) -> tuple[str, str]:
    """The outgoing and the incoming file. Pairs that are not known pass names through."""
    if template not in ("single-project", "advanced"):
        raise ConfigurationError(
            f"There is no rule template '{template}'.", remedy="Use 'single-project' or 'advanced'."
        )
    incoming = _Incoming(local, remote, by_type=template == "advanced")
    return _outgoing(local), incoming.file()


def _outgoing(local: Manifest) -> str:
    described = "issue.description"
    if not local.takes("reporter") and local.fields:
        # Its mirrors have the line that the incoming rule gives them.
        described = "unreported(issue.description) if context.mirror else issue.description"
    values = {name: f"issue.{name}" for name in (*_ORDER, *_PLACES) if local.has(name)}
    values["description"] = described
    return "\n".join(
        (
            '"""What leaves this side. A field that is not named below stays at home."""',
            "",
            "",
            "def outgoing(issue: Issue, context: Context) -> Replica | None:",
            "    return Replica(",
            *_arguments(values),
            "        # Internal comments stay at home.",
            "        comments=[comment for comment in issue.comments if not comment.internal],",
            "        attachments=issue.attachments,",
            "    )",
            "",
        )
    )


class _Incoming:
    def __init__(self, local: Manifest, remote: Manifest, *, by_type: bool) -> None:
        self._local, self._remote, self._by_type = local, remote, by_type
        here, there = VOCABULARIES.get(local.system), VOCABULARIES.get(remote.system)
        self._words: tuple[Vocabulary, Vocabulary] | None = None
        if here is not None and there is not None and here is not there:
            self._words = here, there

    def file(self) -> str:
        return "\n".join(
            (
                *self._head(),
                "",
                *self._tables(),
                "",
                "def incoming(",
                "    replica: Replica, issue: Issue | None, context: Context",
                ") -> Wanted | None:",
                "    return Wanted(",
                *_arguments(self._values()),
                "        # Each comment begins with a line that names who wrote it.",
                "        comments=[with_author(comment) for comment in replica.comments],",
                "        attachments=replica.attachments,",
                "    )",
                "",
            )
        )

    def _head(self) -> tuple[str, ...]:
        if self._words is None:
            return (
                '"""What arrives, and what becomes of it here.',
                "",
                "In each table: a name on the other side -> the name here. A name without a line is"
                " kept as it is.",
                '"""',
            )
        here, there = self._words
        return (
            '"""What arrives, and what becomes of it here.',
            "",
            f"In each table: a name on the other side ({there.title}) -> the name here"
            f" ({here.title}).",
            "A status or priority without a line waits on the Errors page and tells you what to"
            " add.",
            '"""',
        )

    def _tables(self) -> list[str]:
        words = tables(*self._words) if self._words else None
        written = _table("TYPE", words.type if words else {})
        if words is not None:
            other = f'OTHER_TYPE = "{words.other_type}"  # for a type without a line above'
            written += [other, ""]
        for name in ("status", "priority", "resolution"):
            if self._maps(name):
                written += _table(name.upper(), getattr(words, name) if words else {})
        for name in _PLACES:
            if self._passes(name):
                written += [f"# A path without a line leaves the {name} here as it is."]
                written += [f"{name.upper()}: dict[str, str] = {{}}", ""]
        if self._by_type:
            written += [
                "# In which project an issue of theirs is made, by its type; others go to the"
                " connection's",
                "# project.",
                "PROJECT: dict[str, str] = {}",
                "",
            ]
        return written

    def _values(self) -> dict[str, str]:
        mapped = "map_value({1}, replica.{0})"
        if self._words:
            mapped = 'must_map("{0}", {1}, replica.{0})'
        other = ", default=OTHER_TYPE" if self._words else ""
        values = {
            "project": "context.project",
            "type": f"map_value(TYPE, replica.type{other})",
            "summary": "replica.summary",
            "description": self._described(),
        }
        if self._by_type:
            values["project"] = "map_value(PROJECT, replica.type, default=context.project)"
        for name in ("status", "priority"):
            if self._maps(name):
                values[name] = mapped.format(name, name.upper())
        if self._maps("resolution"):
            values["resolution"] = "map_value(RESOLUTION, replica.resolution)"
        values |= {name: f"replica.{name}" for name in _REST if self._passes(name)}
        for name in _PLACES:
            if self._passes(name):
                values[name] = f"only_mapped({name.upper()}, replica.{name})"
        return values

    def _described(self) -> str:
        """Who reported the issue stays readable where the field cannot be written."""
        if not self._local.fields or self._local.takes("reporter"):
            return "replica.description"
        if not self._remote.may_have("reporter"):
            return "replica.description"
        return "reported(replica) if context.mirror else replica.description"

    def _maps(self, name: str) -> bool:
        """A status or priority that cannot be written here is still told as a loss."""
        return self._passes(name) if name == "resolution" else self._local.has(name)

    def _passes(self, name: str) -> bool:
        return self._local.takes(name) and self._remote.may_have(name)


def _arguments(values: dict[str, str]) -> list[str]:
    return [f"        {name}={value}," for name, value in values.items()]


def _table(name: str, entries: dict[str, str]) -> list[str]:
    if not entries:
        return [f"{name}: dict[str, str] = {{}}", ""]
    lines = [f'    "{theirs}": "{ours}",' for theirs, ours in entries.items()]
    return [f"{name} = {{", *lines, "}", ""]
