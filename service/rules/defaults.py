"""The rules that a connection starts with, as two files that a person can read and change."""

from string import Template

from schemas.errors import ConfigurationError
from service.rules.vocabularies import VOCABULARIES, Tables, tables

_OUTGOING = '''\
"""What leaves this side. A field that is not named below stays at home."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(
        summary=issue.summary,
        description=issue.description,
        type=issue.type,
        status=issue.status,
        priority=issue.priority,
        labels=issue.labels,
        # Internal comments stay at home.
        comments=[comment for comment in issue.comments if not comment.internal],
        attachments=issue.attachments,
    )
'''

_MAPPED = Template('''\
"""What arrives, and what becomes of it here.

In each table: a name on the other side ($remote) -> the name here ($local).
A status or priority without a line waits on the Errors page and tells you what to add.
"""

$tables

def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        project=context.project,
        type=map_value(TYPE, replica.type, default=OTHER_TYPE),
        summary=replica.summary,
        description=replica.description,
        status=must_map("status", STATUS, replica.status),
        priority=must_map("priority", PRIORITY, replica.priority),
        labels=replica.labels,
        # Each comment begins with a line that names who wrote it.
        comments=[with_author(comment) for comment in replica.comments],
        attachments=replica.attachments,
    )
''')

_NAMED_ALIKE = '''\
"""What arrives, and what becomes of it here.

In each table: a name on the other side -> the name here. A name without a line is kept as it is.
"""

TYPE: dict[str, str] = {}

STATUS: dict[str, str] = {}

PRIORITY: dict[str, str] = {}


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        project=context.project,
        type=map_value(TYPE, replica.type),
        summary=replica.summary,
        description=replica.description,
        status=map_value(STATUS, replica.status),
        priority=map_value(PRIORITY, replica.priority),
        labels=replica.labels,
        # Each comment begins with a line that names who wrote it.
        comments=[with_author(comment) for comment in replica.comments],
        attachments=replica.attachments,
    )
'''


_PROJECT = """\
# In which project an issue of theirs is made, by its type; others go to the connection's project.
PROJECT: dict[str, str] = {}

"""


def default_rules(
    local_system: str, remote_system: str, template: str = "single-project"
) -> tuple[str, str]:
    """The outgoing and the incoming file. Pairs that are not known pass names through."""
    if template not in ("single-project", "advanced"):
        raise ConfigurationError(
            f"There is no rule template '{template}'.", remedy="Use 'single-project' or 'advanced'."
        )
    incoming = _incoming(local_system, remote_system)
    return _OUTGOING, _unrestricted(incoming) if template == "advanced" else incoming


def _incoming(local_system: str, remote_system: str) -> str:
    """Two trackers of one system name things alike."""
    local, remote = VOCABULARIES.get(local_system), VOCABULARIES.get(remote_system)
    if local is None or remote is None or local is remote:
        return _NAMED_ALIKE
    return _MAPPED.substitute(
        remote=remote.title, local=local.title, tables=_written(tables(local, remote))
    )


def _unrestricted(incoming: str) -> str:
    """Not every issue is made in the one project of the connection."""
    head, definition, body = incoming.partition("\ndef incoming(")
    chosen = "map_value(PROJECT, replica.type, default=context.project)"
    return (
        head + _PROJECT + definition + body.replace("project=context.project", f"project={chosen}")
    )


def _written(tables: Tables) -> str:
    return "\n".join(
        (
            _table("TYPE", tables.type),
            f'OTHER_TYPE = "{tables.other_type}"  # for a type without a line above\n',
            _table("STATUS", tables.status),
            _table("PRIORITY", tables.priority),
        )
    )


def _table(name: str, entries: dict[str, str]) -> str:
    lines = [f'    "{theirs}": "{ours}",' for theirs, ours in entries.items()]
    return "\n".join([f"{name} = {{", *lines, "}\n"])
