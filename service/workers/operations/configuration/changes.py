"""What an undertaking changes, field by field and line by line, without a secret."""

import difflib
from typing import Any

import msgspec

from schemas.configuration import ConfigurationChange
from schemas.node import Connector
from schemas.redaction import masked
from service.rules.linking import used_by
from service.rules.snippets import file_of
from service.workers.operations.configuration.alm_changes import alm_changes_of
from service.workers.operations.configuration.differing import act_of, differing, other_secrets
from service.workers.operations.configuration.own_snippets import own_used
from service.workers.operations.configuration.undertaking import (
    ConnectorWork,
    EndWork,
    SnippetWork,
    Undertaking,
)

_FACTS = ("type", "mode", "local_side", "remote_side")


def changes_of(found: Undertaking) -> tuple[ConfigurationChange, ...]:
    return (
        *(_connector(work) for work in found.connectors),
        *(_snippet(work, found) for work in found.snippets),
        *(_end(work) for work in found.ends if not work.idle),
        *(
            ConfigurationChange("connection", each.record.name, "remove", twins=each.twins)
            for each in found.removed
        ),
        *(
            ConfigurationChange("connector", each.name, "remove")
            for each in found.removed_connectors
        ),
        *(ConfigurationChange("snippet", each.name, "remove") for each in found.removed_snippets),
        *alm_changes_of(found),
    )


def _connector(work: ConnectorWork) -> ConfigurationChange:
    before, after = work.before, work.after
    fields = [*differing(("params",), _params(before), masked(after.params))]
    if before is not None:
        fields += other_secrets(("params",), before.params, after.params)
    return ConfigurationChange("connector", after.name, act_of(before), tuple(fields))


def _params(connector: Connector | None) -> dict[str, Any]:
    return masked(connector.params) if connector else {}


def _snippet(work: SnippetWork, found: Undertaking) -> ConfigurationChange:
    before, after = work.before, work.after
    users = [
        live.record.name
        for live in found.renewed
        if after.name in used_by(live.rules, found.library)
    ]
    return ConfigurationChange(
        "snippet",
        after.name,
        act_of(before),
        source=_diff(file_of(after.name), before.source if before else "", after.source),
        used_by=tuple(users),
    )


def _end(work: EndWork) -> ConfigurationChange:
    before = work.before
    record = before.record if before else None
    fields = [
        *(differing((), {}, _facts(work)) if record is None else ()),
        *differing(("description",), record.description if record else "", work.after.description),
        *differing(
            ("settings",), _plain(record.settings if record else {}), _plain(work.after.settings)
        ),
        *differing(("triggers",), _plain(before.triggers if before else {}), _plain(work.triggers)),
    ]
    rules = (before.rules.outgoing, before.rules.incoming) if before else ("", "")
    wanted = (work.rules.outgoing, work.rules.incoming) if work.rules else rules
    return ConfigurationChange(
        "connection",
        work.name,
        act_of(before),
        tuple(fields),
        _diff(f"connections/{work.name}/outgoing.py", rules[0], wanted[0]),
        _diff(f"connections/{work.name}/incoming.py", rules[1], wanted[1]),
        source=_own_snippets(work) if work.rules else "",
    )


def _own_snippets(work: EndWork) -> str:
    before = work.before.own_snippets if work.before else {}
    after = own_used(work.rules) if work.rules else {}
    return "".join(
        _diff(f"connections/{work.name}/{file_of(name)}", before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
    )


def _facts(work: EndWork) -> dict[str, Any]:
    return {name: getattr(work.after, name) for name in _FACTS}


def _plain(value: Any) -> Any:
    """Tables by the value of the other side, so that each line stands for itself."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, dict) and isinstance(plain.get("mappings"), dict):
        tables = {field: _lines(table) for field, table in plain["mappings"].items()}
        plain = plain | {"mappings": tables}
    return plain


def _lines(table: dict[str, Any]) -> dict[str, Any]:
    values = {line["there"]: line["here"] for line in table.get("values", ())}
    return {name: value for name, value in table.items() if name != "values"} | (
        {"values": values} if values else {}
    )


def _diff(file: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.replace("\r\n", "\n").splitlines(keepends=True),
        after.replace("\r\n", "\n").splitlines(keepends=True),
        f"node/{file}",
        f"files/{file}",
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
