import threading

import pytest

from adapters.rich_text import html
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange
from schemas.rich_text import plain


@pytest.fixture
def beside(monkeypatch):
    """How often texts were converted on the thread of the event loop, and beside it."""
    here, counts = threading.get_ident(), {True: 0, False: 0}

    def counted(work):
        def run(*given):
            counts[threading.get_ident() != here] += 1
            return work(*given)

        return run

    monkeypatch.setattr(html, "parse", counted(html.parse))
    monkeypatch.setattr(html, "render", counted(html.render))
    return counts


@pytest.mark.parametrize("large", [False, True])
async def test_large_texts_do_not_hold_up_the_event_loop(tracker, draft, beside, large):
    words = f"{large} wörds " * (5000 if large else 1)
    issue = await tracker.create(draft(description=plain(words.strip())))
    issue = await tracker.update(issue, FieldChange({"description": plain("x" + words.strip())}))
    comment = await tracker.add_comment("1", CommentDraft(plain("c" + words), "m"))
    await tracker.edit_comment("1", comment.id, plain("d" + words))
    read = await tracker.read("1", ALL_PARTS)
    assert read.fields["description"] == plain("x" + words.strip())
    assert beside[large] >= 4
    assert not beside[not large]
