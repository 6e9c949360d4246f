"""Large conversions leave the event loop free; short ones are remembered."""

import threading

import pytest

from adapters.rich_text.beside import LARGE, Conversions, is_large
from schemas.rich_text import (
    Block,
    Cell,
    CodeBlock,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
    plain,
)


class Recorder:
    """A markup that notes where it is worked on."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.conversions = Conversions(self.parse, self.render)

    def parse(self, text: str) -> RichText:
        self.threads.append(threading.get_ident())
        return plain(text)

    def render(self, rich: RichText) -> str:
        self.threads.append(threading.get_ident())
        return ""


@pytest.mark.parametrize("length", [10, 5_000, LARGE + 1])
async def test_only_what_is_large_takes_a_thread(length: int) -> None:
    recorder = Recorder()
    tree = await recorder.conversions.parse("x" * length)
    await recorder.conversions.render(tree)
    elsewhere = [thread != threading.get_ident() for thread in recorder.threads]
    assert elsewhere == [length > LARGE] * 2


async def test_a_short_text_is_read_once() -> None:
    recorder = Recorder()
    assert await recorder.conversions.parse("x") is await recorder.conversions.parse("x")
    assert len(recorder.threads) == 1


def many(block: Block) -> list[Block]:
    return [block] * 3_000


def words(text: str) -> Paragraph:
    return Paragraph((Text(text),))


@pytest.mark.parametrize(
    "block",
    [
        words("x" * (LARGE + 1)),
        CodeBlock("x" * (LARGE + 1)),
        Quote(tuple(many(words("")))),
        ListBlock(tuple(ListItem((words("x"),)) for _ in range(3_000))),
        Table(tuple(Row((Cell((words("x"),)),)) for _ in range(3_000))),
        Paragraph(tuple(Text("x", (), "http://a") for _ in range(3_000))),
    ],
    ids=lambda block: type(block).__name__,
)
def test_largeness_is_seen_wherever_it_lies(block: Block) -> None:
    assert is_large(RichText((words("x"), block)))
    assert is_large(RichText((Quote((Quote((block,)),)),)))


def test_a_usual_text_is_not_large() -> None:
    assert not is_large(RichText(tuple(words("some words") for _ in range(200))))
