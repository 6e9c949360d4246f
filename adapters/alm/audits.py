"""Audits: what a write of ours has replaced. Read as XML, for in JSON a list of one is none."""

from collections.abc import Iterable

from adapters.alm.client import AlmClient
from adapters.alm.ids import IssueId
from adapters.alm.wire import Entity, Held


async def replaced(
    client: AlmClient, issue: IssueId, held: Entity, written: Iterable[str]
) -> Entity | None:
    """`held` as it was when our write met it; None when that is what we had seen. Memos have no
    audits."""
    root = await client.xml(f"{issue.path}/audits", "Audits", what="read the audits")
    audits = sorted(root.iterchildren("Audit"), key=lambda audit: int(audit.findtext("Id") or 0))
    met: dict[str, tuple[Held, ...]] = {}
    for audit in audits:
        if (audit.findtext("Time") or "") < held.text("last-modified"):
            continue
        for change in audit.iterfind("Properties/Property"):
            old = change.findtext("OldValue") or ""
            # The last change of a field is ours.
            met[change.get("Name", "")] = tuple(Held(part) for part in old.split(";") if part)
    wanted = set(written)
    differing = {
        name: values
        for name, values in met.items()
        if name in wanted and _bare(values) != _bare(held.fields.get(name, ()))
    }
    return Entity(held.type, {**held.fields, **differing}) if differing else None


def _bare(values: tuple[Held, ...]) -> list[str]:
    return sorted(value.text for value in values)
