"""What wiki markup cannot say, and what stands in its place."""

from collections.abc import Iterable, Sequence

from adapters.rich_text.canonical import normalise
from adapters.rich_text.mapping import map_contents
from adapters.rich_text.wiki_syntax import IMAGE_NAME
from schemas.rich_text import (
    Block,
    Cell,
    CodeBlock,
    Divider,
    Heading,
    Image,
    Inline,
    ListBlock,
    ListItem,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
)

_INVISIBLE = "\u200b"


def fit(rich: RichText) -> tuple[RichText, frozenset[str]]:
    """A tree that wiki markup can hold, and what was given up for it. `rich` is canonical."""
    fitter = _Fitter()
    blocks = fitter.blocks(rich.blocks, frozenset())
    fitted = map_contents(RichText(tuple(blocks)), fitter.content)
    return fitted, frozenset(fitter.lost)


class _Fitter:
    def __init__(self) -> None:
        self.lost: set[str] = set()

    def blocks(self, blocks: Iterable[Block], inside: frozenset[str]) -> list[Block]:
        """`inside` names the containers: quote, list, table."""
        done: list[Block] = []
        for block in blocks:
            for fitted in self._block(block, inside):
                last = done[-1] if done else None
                if isinstance(last, ListBlock) and _would_join(fitted, inside):
                    self.lost.add("text after a nested list")
                    done[-1] = _joined(last, fitted)
                else:
                    done.append(fitted)
        return done

    def content(self, content: Sequence[Inline]) -> tuple[Inline, ...]:
        return tuple(map(self._inline, content))

    def _block(self, block: Block, inside: frozenset[str]) -> list[Block]:
        match block:
            case Heading() if "list" in inside:
                self.lost.add("heading in a list")
                return [Paragraph(tuple(map(_strong, block.content)))]
            case CodeBlock():
                return [self._code(block)]
            case Divider() if "list" in inside:
                self.lost.add("divider in a list")
                return []
            case Quote(blocks):
                return self._quote(blocks, inside)
            case ListBlock(items, ordered):
                return [self._list(items, ordered, inside)]
            case Table():
                return self._table(block, inside)
            case _:
                return [block]

    def _quote(self, blocks: tuple[Block, ...], inside: frozenset[str]) -> list[Block]:
        if "quote" in inside:
            self.lost.add("quote in a quote")
            return self.blocks(blocks, inside)
        # A quote is read by itself, so lists and tables around it do not matter.
        return [Quote(tuple(self.blocks(blocks, frozenset({"quote"}))))]

    def _list(
        self, items: tuple[ListItem, ...], ordered: bool, inside: frozenset[str]
    ) -> ListBlock:
        inside |= {"list"}
        return ListBlock(
            tuple(ListItem(tuple(self.blocks(i.blocks, inside)), i.checked) for i in items), ordered
        )

    def _table(self, table: Table, inside: frozenset[str]) -> list[Block]:
        for container in ("list", "table"):
            if container in inside:
                self.lost.add(f"table in a {container}")
                leaves = (b for row in table.rows for cell in row.cells for b in cell.blocks)
                return self.blocks(leaves, inside)
        inside |= {"table"}
        rows = (
            Row(tuple(Cell(tuple(self.blocks(c.blocks, inside)), c.header) for c in row.cells))
            for row in table.rows
        )
        return [Table(tuple(rows))]

    def _code(self, block: CodeBlock) -> CodeBlock:
        text, language = block.text, block.language
        if "{code}" not in text:
            return block
        if language:
            self.lost.add("language of code that contains {code}")
        if "{noformat}" in text:
            self.lost.add("code that contains {code} and {noformat}")
            text = text.replace("{noformat}", "{" + _INVISIBLE + "noformat}")
        return CodeBlock(text)

    def _inline(self, part: Inline) -> Inline:
        if isinstance(part, Image) and IMAGE_NAME.fullmatch(_encoded_bars(part.source)) is None:
            self.lost.add("image without a file name")
            embedded = part.source.startswith("data:")
            return Text(part.alt or ("image" if embedded else part.source))
        if isinstance(part, Mention) and part.id and not _is_account(part):
            self.lost.add("user id of a mention")
            return Mention(part.name)
        return part


def _encoded_bars(source: str) -> str:
    return source.replace("|", "&").replace("!", "&")


def _is_account(mention: Mention) -> bool:
    return mention.id == f"accountid:{mention.name}"


def _would_join(block: Block, inside: frozenset[str]) -> bool:
    """Without a blank line between, text goes on in the last item of the list before it."""
    closed = bool(inside & {"list", "table"})
    return closed and isinstance(block, Paragraph | CodeBlock | Quote)


def _joined(outer: ListBlock, block: Block) -> ListBlock:
    item = outer.items[-1]
    last = item.blocks[-1] if item.blocks else None
    if isinstance(last, ListBlock):
        blocks: tuple[Block, ...] = (*item.blocks[:-1], _joined(last, block))
    else:
        blocks = (*item.blocks, block)
    return ListBlock((*outer.items[:-1], ListItem(blocks, item.checked)), outer.ordered)


def _strong(part: Inline) -> Inline:
    if not isinstance(part, Text) or part.text.isspace():
        return part
    return Text(part.text, ("strong", *part.marks), part.href)


def fitted(rich: RichText) -> RichText:
    """Canonical, and nothing in it that wiki markup cannot say."""
    tree, lost = fit(normalise(rich))
    return normalise(tree) if lost else tree
