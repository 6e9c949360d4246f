"""Large texts are converted beside the event loop, which then goes on for everybody else."""

import threading

import pytest

from adapters.rich_text import wiki
from schemas.issue import ALL_PARTS, CommentDraft
from schemas.rich_text import Paragraph, RichText, Text

LARGE = RichText(tuple(Paragraph((Text(f"Word {n} " + "x" * 80),)) for n in range(400)))


@pytest.fixture
def parsed_by(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the threads that read a large text."""
    threads: list[str] = []
    parse = wiki.parse

    def noted(text: str) -> RichText:
        if len(text) > 10_000:
            threads.append(threading.current_thread().name)
        return parse(text)

    monkeypatch.setattr(wiki, "parse", noted)
    return threads


async def test_descriptions_and_comments(tracker, draft, parsed_by: list[str]) -> None:
    made = await tracker.create(draft(description=LARGE))
    await tracker.add_comment(made.ref.id, CommentDraft(LARGE, "c-1"))
    read = await tracker.read(made.ref.id, ALL_PARTS)
    assert read.fields["description"] == LARGE
    assert read.comments[0].body == LARGE
    assert parsed_by
    assert threading.main_thread().name not in parsed_by
