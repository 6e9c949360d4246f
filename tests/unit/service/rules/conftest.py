from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from schemas.issue import Attachment, Comment, Issue, IssueRef
from schemas.replica import Replica, ReplicaAttachment, ReplicaComment
from schemas.rich_text import Heading, Paragraph, RichText, Text, plain, to_plain
from schemas.rules import RuleContext, RuleSet
from schemas.values import User
from service.rules.monty_engine import MontyEngine, open_engine

ANN = User("Ann Lee", "ann@example.com", "u7")
NOW = 1_700_000_000_123
FORMATTED = RichText(
    (Heading(2, (Text("Steps"),)), Paragraph((Text("press", ("strong",)), Text(" the button"))))
)


class StarCodec:
    """Enough Markdown to see that the engine asks for it: a heading mark and paragraphs."""

    def to_markdown(self, text: RichText) -> str:
        return "\n\n".join(
            ("# " if isinstance(block, Heading) else "") + to_plain(RichText((block,)))
            for block in text.blocks
        )

    def from_markdown(self, markdown: str) -> RichText:
        return plain(markdown)


@pytest.fixture
def codec() -> StarCodec:
    return StarCodec()


@pytest.fixture
async def engine(codec: StarCodec) -> AsyncIterator[MontyEngine]:
    async with open_engine(codec) as opened:
        yield opened


@pytest.fixture
def issue() -> Issue:
    return Issue(
        ref=IssueRef("10001", "WEB-1", "https://jira.example/browse/WEB-1"),
        version=3,
        updated=NOW,
        project="WEB",
        fields={
            "summary": "Crash ☃ \U0001f600",
            "description": FORMATTED,
            "status": "To Do",
            "priority": "High",
            "type": "Story",
            "labels": ("backend", "urgent"),
            "assignee": ANN,
            "reporter": None,
            "customfield_1": "blue",
            "estimate": 2.5,
        },
        comments=(
            Comment("c1", FORMATTED, ANN, NOW),
            Comment("c2", plain("secret"), ANN, NOW, internal=True),
        ),
        attachments=(Attachment("a1", "log.txt", 12, "text/plain"),),
    )


@pytest.fixture
def replica() -> Replica:
    return Replica(
        fields={
            "summary": "Crash",
            "description": FORMATTED,
            "status": "Active",
            "priority": "2",
            "type": "User Story",
            "labels": ("urgent",),
        },
        comments=(ReplicaComment("r1", FORMATTED, ANN, NOW),),
        attachments=(ReplicaAttachment("f1", "log.txt", 12),),
        key="17",
        url="https://dev.azure.example/17",
    )


@pytest.fixture
def context() -> RuleContext:
    return RuleContext(
        connection="c", local_side="acme", remote_side="globex", project="WEB", now=NOW
    )


@pytest.fixture
def outgoing_rule() -> Callable[[str], RuleSet]:
    """A rule set whose outgoing function has the given body."""
    return lambda body: RuleSet(1, _function("outgoing(issue, context)", body), "")


@pytest.fixture
def incoming_rule() -> Callable[[str], RuleSet]:
    return lambda body: RuleSet(1, "", _function("incoming(replica, issue, context)", body))


def _function(signature: str, body: str) -> str:
    lines: list[Any] = [f"    {line}" for line in body.splitlines()]
    return "\n".join([f"def {signature}:", *lines, ""])
