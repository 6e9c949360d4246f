"""Texts merged by paragraphs: the second implementation and the product come to the same."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rich_text import RichText
from schemas.twin import SharedText
from service.sync.paragraphs import marks, merge_texts
from tests.contract.protocol import make, merges
from tests.contract.protocol.other import paragraphs
from tests.contract.protocol.other.paragraphs import Common, Merged, Text, Winner

VECTORS = make.recorded()["paragraphs"]


def word(text: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"marks": list(marks)} if marks else {})}


def block(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(content)}


def item(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "list", "items": [{"blocks": [block(word(text))]}], **more}


BLOCKS = [
    *(block(word(letter)) for letter in "abc"),
    block(word("a", "strong")),
    {"type": "heading", "level": 2, "content": [word("b")]},
    block(word("a"), {"type": "break"}, {"type": "mention", "name": "Ada"}),
    block({"type": "image", "source": "a"}),
    block({"type": "image", "source": "x.png", "alt": "a"}),
    {"type": "quote", "blocks": [block(word("a")), item("b")]},
    {"type": "code_block", "text": "a\n b"},
    {"type": "table", "rows": [{"cells": [{"blocks": [block(word("a"))]}, {"blocks": []}]}]},
    {"type": "divider"},
    item("a"),
    item("b"),
    item("a", ordered=True),
]
LINES = ["a", "b", "c", "a b", "a  b", "", "\nb", "c\nd"]


def text_of(parts: list[Any], *, plain: bool) -> Text:
    return "\n\n".join(parts) if plain else {"type": "rich", "blocks": parts}


@st.composite
def histories(draw: st.DrawFn) -> tuple[Common, Text, Text]:
    plain = draw(st.booleans())
    parts = st.sampled_from(LINES if plain else BLOCKS)

    def edited(before: list[Any], most: int = 2) -> list[Any]:
        after = list(before)
        for _ in range(draw(st.integers(0, most))):
            at = draw(st.integers(0, len(after)))
            after[at : at + draw(st.integers(0, 2))] = draw(st.lists(parts, max_size=2))
        return after

    said = draw(st.lists(parts, max_size=6))
    held = edited(said, 1) if draw(st.integers(0, 4)) == 0 else said
    ours, theirs = edited(held), edited(said)
    told = draw(st.booleans())
    texts = [text_of(each, plain=plain) for each in (held, said, ours, theirs)]
    return Common(texts[0], texts[1], told), texts[2], texts[3]


def by_product(common: Common, ours: Text, theirs: Text, winner: Winner) -> Merged | None:
    before = SharedText(marks(_ours(common.held)), marks(_ours(common.said)), told=common.told)
    found = merge_texts(before, _ours(ours), _ours(theirs), merges.WINNERS[winner])
    if found is None:
        return None
    waits = found.overlap and winner == "park"
    said = json.loads(msgspec.json.encode(found.value))
    return Merged(None if waits else said, found.overlap)


def _ours(text: Text) -> str | RichText:
    return msgspec.convert(text, type=str | RichText)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["about"])
def test_vectors(vector: make.Vectors) -> None:
    said = json.loads(vector["common"])
    held = json.loads(vector.get("held", vector["common"]))
    both = json.loads(vector["ours"]), json.loads(vector["theirs"])
    common, conflict = Common(held, said, "told" in vector), "conflict" in vector
    found = paragraphs.merged(common, *both, vector["winner"])
    written = None if vector["text"] is None else json.loads(vector["text"])
    assert found == (Merged(written, conflict) if written or conflict else None)


@settings(max_examples=250, derandomize=True)
@given(histories(), st.sampled_from(("ours", "theirs", "park")))
def test_it_and_the_product_merge_alike(history: tuple[Common, Text, Text], winner: Winner) -> None:
    assert paragraphs.merged(*history, winner) == by_product(*history, winner)


@settings(max_examples=100, derandomize=True)
@given(histories(), st.booleans())
def test_it_at_one_side_and_the_product_at_the_other_come_to_the_same(
    history: tuple[Common, Text, Text], wins: bool
) -> None:
    common, ours, theirs = history
    common = Common(common.said, common.said)
    here = paragraphs.merged(common, ours, theirs, "ours" if wins else "theirs")
    there = by_product(common, theirs, ours, "theirs" if wins else "ours")
    assert here == there
