"""Texts that both sides changed, and what the product makes of them by their paragraphs."""

from typing import Any

import msgspec

from schemas.rich_text import (
    Block,
    Heading,
    LineBreak,
    ListBlock,
    ListItem,
    Mention,
    Paragraph,
    RichText,
    Text,
)
from schemas.twin import SharedText
from service.sync.paragraphs import marks, merge_texts
from service.sync.policy import Winner

WINNERS: dict[str, Winner] = {"ours": "local", "theirs": "remote", "park": "park"}
Long = str | RichText


def paragraphs() -> list[dict[str, Any]]:
    return [*_changes(), *_groups(), *_forms(), *_wholes()]


def _changes() -> list[dict[str, Any]]:
    long = _bare("a b a b c")
    return [
        merge("changes of different paragraphs", _bare("a b c"), _bare("A b c"), _bare("a b C")),
        merge("each in its place", _bare("a b c"), _bare("A B c"), _bare("a B2 c d")),
        merge("not as many as before", _bare("a b c"), _bare("A a2 b2 c"), _bare("a B c")),
        merge(
            "the longest run, not the longest sequence",
            long,
            _bare("b c a b a"),
            _bare("a b x a b c"),
        ),
        merge("the first of runs as long", _bare("a x a"), _bare("a y"), _bare("a x A")),
        merge("the first in the other text", _bare("a x"), _bare("y a z a"), _bare("a X")),
        merge("an odd line feed stays", "a\n\n\nb\n\nc", "a\n\n\nb\n\nC", "a\n\nb\n\nc"),
    ]


def _groups() -> list[dict[str, Any]]:
    abc = _bare("a b c")
    return [
        merge("an addition beside a change", abc, _bare("a x b c"), _bare("a B c")),
        merge("two additions at one place", abc, _bare("a x b c"), _bare("a y b c"), "theirs"),
        merge("the same addition", abc, _bare("a x b c"), _bare("a x b c D")),
        merge("an addition within", abc, _bare("a x b c"), _bare("Z c"), "theirs"),
        merge("additions at both ends", abc, _bare("x a b c"), _bare("a b c y")),
        merge(
            "groups over others", _bare("a b c d e"), _bare("A c d E"), _bare("a B d e"), "theirs"
        ),
        merge("one taken out, one beside changed", abc, _bare("a c"), _bare("a b C")),
        merge("one taken out that was changed", abc, _bare("a c"), _bare("a B c"), "theirs"),
        merge("a person is asked", abc, _bare("A b c"), _bare("B b c"), "park"),
        merge("nobody has to be asked", abc, _bare("A b c"), _bare("a b C"), "park"),
    ]


def _forms() -> list[dict[str, Any]]:
    bold = Text("A  1", ("strong",))
    numbered = _steps("1", ordered=True)
    steps, more = _steps("1", "2"), _steps("1", "2", "3")
    asked = Paragraph((Mention("Ada"), LineBreak(), Text("when?")))
    return [
        merge("the same words", _rich("a", "b"), _rich(Paragraph((bold,)), "b"), _rich("A 1", "b")),
        merge("the winner's form", _rich("a"), _rich(Heading(1, (bold,))), _rich("A 1"), "theirs"),
        merge("items of a list", _rich(steps), _rich(more), _rich(_steps("one", "2"))),
        merge("two kinds of lists", _rich("b"), _rich(steps, numbered, "b"), _rich("B")),
        merge("a mention and a break", _rich("a"), _rich(asked), _rich("@Ada when?"), "theirs"),
        merge("two addresses behind a link", _rich("a"), _linked("one"), _linked("two"), "theirs"),
        merge("an address in words", _rich("a"), _rich("https://one.example"),
              _rich(Paragraph((Text("https://one.example", (), "https://one.example"),)))),
        merge("a tick", _rich(steps, "b"), _rich(_ticked("1", "2"), "b"),
              _rich(_steps("1", "2!"), "B")),
        merge("as our tracker holds it", _rich(Paragraph((bold,)), "b"), _rich("A 1", "B"),
              _rich(Paragraph((bold,)), "b", "c"), held=_rich("A 1", "b")),
        merge("as their tracker writes it", _rich(Paragraph((bold,)), "b"), _rich("a", "b"),
              _rich("A 1", "b", "c"), "theirs", told=True),
    ]  # fmt: skip


def _wholes() -> list[dict[str, Any]]:
    return [
        merge("one paragraph of plain text", "open", "done", "closed"),
        merge("two kinds of text", _rich("a", "b"), _bare("A b"), _rich("a", "B")),
        merge("an empty text", _rich("a", "b"), _rich(), _rich("a", "B")),
        merge(
            "held in another number",
            _rich("a", "b"),
            _rich("A", "b"),
            _rich("a", "B"),
            held=_rich("a"),
        ),
    ]


def merge(
    about: str,
    common: Long,
    ours: Long,
    theirs: Long,
    winner: str = "ours",
    *,
    held: Long | None = None,
    told: bool = False,
) -> dict[str, Any]:
    """Without a text: the policy decides on the whole, or in a conflict, a person is asked."""
    before = SharedText(marks(common if held is None else held), marks(common), told=told)
    found = merge_texts(before, ours, theirs, WINNERS[winner])
    vector: dict[str, Any] = {
        "about": about,
        "common": _json(common),
        "ours": _json(ours),
        "theirs": _json(theirs),
        "winner": winner,
        "text": None,
    }
    if held is not None:
        vector["held"] = _json(held)
    if told:
        vector["told"] = True
    if found is not None and found.overlap:
        vector["conflict"] = True
    if found is not None and not (found.overlap and winner == "park"):
        vector["text"] = _json(found.value)
    return vector


def _json(text: Long) -> str:
    return msgspec.json.encode(text).decode()


def _linked(to: str) -> RichText:
    return _rich(Paragraph((Text("here", (), f"https://{to}.example"),)))


def _ticked(*words: str) -> ListBlock:
    plain = _steps(*words)
    return ListBlock(tuple(msgspec.structs.replace(item, checked=True) for item in plain.items))


def _bare(words: str) -> str:
    return "\n\n".join(words.split())


def _rich(*blocks: str | Block) -> RichText:
    return RichText(
        tuple(Paragraph((Text(each),)) if isinstance(each, str) else each for each in blocks)
    )


def _steps(*words: str, ordered: bool = False) -> ListBlock:
    return ListBlock(tuple(ListItem((Paragraph((Text(word),)),)) for word in words), ordered)
