"""Between two Jiras: the connection's table of people, asked by a script or applied by itself."""

import msgspec
import pytest

from schemas.issue import FieldChange
from schemas.values import User
from service.rules.defaults import default_rules
from service.store import connections, rule_versions
from service.store.store import Store
from service.workers.systems import manifest_of
from tests.unit.service.workers.jiras import SETTINGS, open_jiras
from tests.unit.service.workers.workshop import NOW

SWAPPED = msgspec.structs.replace(SETTINGS, users={"Alice": "Bob", "bob": "alice"})
RULE = """\
def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(summary=replica.summary, assignee={assignee})
"""


@pytest.mark.parametrize(
    "assignee", ['mapped("users", replica.assignee)', "replica.assignee"], ids=["asked", "applied"]
)
async def test_a_person_is_mapped_once(store: Store, assignee: str) -> None:
    outgoing, _ = default_rules(manifest_of("jira"), manifest_of("jira"))
    async with open_jiras(store, mode="script") as jiras:
        shop = jiras.shop
        await store.write(lambda c: connections.update_settings(c, "a-b.b", SWAPPED, NOW))
        incoming = RULE.format(assignee=assignee)
        await store.write(
            lambda c: rule_versions.add(
                c, "a-b.b", outgoing, incoming, author="a", message="", now=NOW
            )
        )
        await shop.roster.reload()
        issue = await jiras.write("Bug", assignee=User("Alice"))
        mirror = await jiras.sync(issue)
        assert (await jiras.held(mirror))["assignee"].name == "Bob"
        await jiras.edit("a", issue.ref.id, FieldChange(set={"assignee": User("Bob")}))
        assert (await jiras.held(mirror))["assignee"].name == "Alice"
        assert await jiras.losses(mirror) == []
