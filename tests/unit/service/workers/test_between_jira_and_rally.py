"""What travels between a simulated Jira and a simulated Rally over HTTP, with the default rules:
Rally's types have different fields and statuses, and a connection knows one table of them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from adapters.jira.simulator import JiraSimulator
from adapters.rally.simulator import RallySimulator, SimulatorConfig
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange
from schemas.node import ConnectionSettings, Connector
from schemas.rich_text import plain, to_plain
from schemas.values import User
from service.codec import MarkdownCodec
from service.rules.defaults import default_rules
from service.rules.monty_engine import open_engine
from service.store import connectors, rule_versions
from service.store.store import Store
from service.workers.systems import manifest_of
from tests.unit.service.workers.test_between_jiras import Jiras
from tests.unit.service.workers.workshop import NOW, Workshop

ABSENT = "This tracker has no such field."


@pytest.fixture
async def pair(store: Store) -> AsyncIterator[Jiras]:
    """`a` is the Jira, `b` the Rally."""
    async with AsyncExitStack() as stack:
        shop = Workshop(store)
        jira = await stack.enter_async_context(JiraSimulator(now=shop.now))
        config = SimulatorConfig(projects=("SIM",))
        rally = await stack.enter_async_context(RallySimulator(config, now=shop.now))
        shared = {"projects": ["SIM"], "webhook_secret": "hush"}
        of_jira = {"url": jira.url, "token": jira.config.token, **shared}
        of_rally = {"url": rally.url, "token": config.token, **shared}
        for name, system, params in (("a", "jira", of_jira), ("b", "rally", of_rally)):
            record = Connector(name, name, system, params, NOW)
            await store.write(lambda c, record=record: connectors.add(c, store.vault, record))
        shop.engine = await stack.enter_async_context(open_engine(MarkdownCodec()))
        shop.worker = shop.make_worker("worker-1")
        await shop.add_local(settings=ConnectionSettings(project="SIM", issue_type="Bug"))
        for end, here, there in (("a-b.a", "jira", "rally"), ("a-b.b", "rally", "jira")):
            rules = default_rules(manifest_of(here), manifest_of(there))
            await store.write(
                lambda c, end=end, rules=rules: rule_versions.add(
                    c, end, *rules, author="a", message="", now=NOW
                )
            )
        await shop.roster.reload()
        stack.push_async_callback(shop.roster.close)
        yield Jiras(shop)


@pytest.mark.parametrize(
    ("type", "kind", "statuses", "lost"),
    [
        ("Bug", "Defect", ("Submitted", "Open"), {"estimate", "remaining"}),
        (
            "Story",
            "User Story",
            ("Defined", "In-Progress"),
            {"priority", "reporter", "due", "estimate", "remaining"},
        ),
        ("Task", "Task", ("Defined", "In-Progress"), {"priority", "reporter", "due"}),
    ],
)
async def test_what_a_type_of_rally_has_arrives_and_the_rest_is_told(
    pair: Jiras, type: str, kind: str, statuses: tuple[str, str], lost: set[str]
) -> None:
    fields = {
        "priority": "High",
        "labels": ("billing", "urgent"),
        "due": "2032-01-31",
        "estimate": 5400,
        "assignee": User("Alice"),
        "reporter": User("Bob"),
    }
    issue = await pair.write(type, **fields)
    mirror = await pair.sync(issue)
    held = await pair.held(mirror)
    told = {"priority": "High Attention", "reporter": "Bob Example", "assignee": "Alice Example"}
    wanted = {**fields, **told, "type": kind, "status": statuses[0]}
    shown = {name: getattr(value, "name", value) for name, value in held.items()}
    assert {name: shown[name] for name in wanted if name not in lost} == {
        name: value for name, value in wanted.items() if name not in lost
    }
    losses = dict(loss.split(": ", 1) for loss in await pair.losses(mirror))
    assert set(losses) == lost
    assert losses.pop("reporter", "It cannot be written here.").startswith("It cannot be written")
    assert set(losses.values()) <= {ABSENT}
    await pair.edit("a", issue.ref.id, FieldChange({"status": "In Progress", "summary": "New"}))
    held = await pair.held(mirror)
    assert (held["status"], held["summary"]) == (statuses[1], "New")


async def test_what_a_person_does_in_rally_comes_back(pair: Jiras) -> None:
    issue = await pair.write("Bug", labels=("billing", "urgent"))
    mirror = await pair.sync(issue)
    rally = pair.tracker("b")
    await rally.add_comment(mirror, CommentDraft(plain("By a person"), ""))
    change = FieldChange({"summary": "From Rally", "status": "Closed"}, {"labels": ("new",)})
    await pair.edit("b", mirror, change)
    back = await pair.tracker("a").read(issue.ref.id, ALL_PARTS)
    assert (back.fields["summary"], back.fields["status"]) == ("From Rally", "Done")
    assert back.fields["labels"] == ("billing", "new", "urgent")
    (comment,) = back.comments
    assert "By a person" in to_plain(comment.body)
    assert await pair.shop.parked() == []
