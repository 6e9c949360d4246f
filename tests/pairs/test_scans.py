"""With every webhook dropped all changes still arrive, also where clocks differ."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.issue import CommentDraft
from schemas.rich_text import plain
from service.codec import MarkdownCodec
from service.rules.monty_engine import open_engine
from service.rules.port import RuleEngine
from tests.pairs import stage
from tests.pairs.accidents import sender_to
from tests.pairs.systems import SITES
from tests.pairs.watch import Watch

SKEWS = (0.0, 240.0, -240.0)
"""By so many seconds the node's clock is ahead."""


@pytest.fixture
async def engine() -> AsyncIterator[RuleEngine]:
    async with open_engine(MarkdownCodec()) as opened:
        yield opened


@pytest.mark.parametrize("name", SITES)
async def test_all_changes_arrive_without_webhooks(
    name: str, tmp_path: Path, engine: RuleEngine
) -> None:
    skew = SKEWS[list(SITES).index(name) % len(SKEWS)]
    async with stage.opened(name, sender_to(name), tmp_path, engine) as opened:
        opened.skew = skew
        opened.pass_(0)
        watch, hands = Watch(opened, name), opened.companies[name].site.hands
        await watch.begin()
        opened.pass_(10)
        # Three in the same moment, one of which is then changed again.
        issues = [await hands.write_issue(f"Issue {number}") for number in range(3)]
        await hands.rename(issues[0], "Renamed at once")
        await watch.scan()
        found = [(await watch.mirrored(issue))[0] for issue in issues]
        assert found == ["Renamed at once", "Issue 1", "Issue 2"]

        await hands.comment(issues[1], "By a person")
        await watch.scan()
        await hands.rename(issues[1], "Renamed")
        await watch.scan()
        assert await watch.mirrored(issues[1]) == ("Renamed", ["By a person"])


@pytest.mark.parametrize("name", SITES)
async def test_an_edited_comment_is_found_at_the_latest_by_the_full_scan(
    name: str, tmp_path: Path, engine: RuleEngine
) -> None:
    async with stage.opened(name, sender_to(name), tmp_path, engine) as opened:
        watch, company = Watch(opened, name), opened.companies[name]
        await watch.begin()
        opened.pass_(10)
        issue = await company.site.hands.write_issue("Issue")
        draft = CommentDraft(plain("First words"), "c-1")
        comment = await company.tracker.add_comment(issue, draft)
        await watch.scan()
        assert (await watch.mirrored(issue))[1] == ["First words"]
        opened.pass_(60)
        await company.tracker.edit_comment(issue, comment.id, plain("Other words"))
        await watch.scan()
        await watch.scan(full=True)
        assert (await watch.mirrored(issue))[1] == ["Other words"]
