"""GitHub Flavored Markdown to the canonical tree. Line ends are breaks, as in GitHub's issues."""

import re
from collections.abc import MutableMapping
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.paragraph import paragraph
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from adapters.rich_text.canonical import BOXES, MAX_DEPTH, normalise
from adapters.rich_text.frames import Frame, TableFrame
from adapters.rich_text.html_parser import parse as parse_html
from adapters.rich_text.markdown_content import read_content
from adapters.rich_text.markdown_fit import GLUED_LEFT, GLUED_RIGHT, LOGIN, fit
from schemas.rich_text import (
    Block,
    CodeBlock,
    Divider,
    Heading,
    Inline,
    Paragraph,
    RichText,
    Row,
    Table,
    Text,
)

# A list takes two levels of the parser, and one level more than the tree holds is enough.
_MAX_LEVEL = 2 * (MAX_DEPTH + 1)
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_MARKUP = re.compile(r"[\\`*\[\]~_<@!&\n]")


def parse(text: str) -> RichText:
    """Never raises; HTML inside is read as HTML, comments leave nothing."""
    env: dict[str, Any] = {}
    tree = _Builder(env).build(_PARSER.parse(text, env))
    # Tags that mean nothing here may have kept a mention apart from a word.
    return normalise(fit(tree)[0]) if "@" in text and "<" in text else tree


class _Parser(MarkdownIt):
    """Link targets stay as written; `links.target` judges them."""

    def validateLink(self, url: str) -> bool:
        return True

    def normalizeLink(self, url: str) -> str:
        return url

    def normalizeLinkText(self, link: str) -> str:
        return link


def _deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Beyond the deepest level everything is words."""
    return state.level >= _MAX_LEVEL and paragraph(state, start, end, silent)


def _mention(state: StateInline, silent: bool) -> bool:
    position = state.pos
    if state.src[position] != "@" or (position and GLUED_LEFT.match(state.src, position - 1)):
        return False
    found = LOGIN.match(state.src, position + 1)
    if found is None or GLUED_RIGHT.match(state.src, found.end()):
        return False
    if not silent:
        state.push("mention", "", 0).content = found[0]
    state.pos = found.end()
    return True


def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": True, "maxNesting": 2 * _MAX_LEVEL})
    parser.enable(["table", "strikethrough"])
    # Inline content is parsed by the builder, and only where it holds markup.
    parser.disable(["inline", "text_join"])
    parser.block.ruler.before("table", "deep", _deep)
    parser.inline.ruler.before("link", "mention", _mention)
    return parser


_PARSER = _parser()


class _Builder:
    def __init__(self, env: MutableMapping[str, Any]) -> None:
        self._env = env
        self._frames: list[Frame] = [Frame("root", [])]
        self._heading = 0

    def build(self, tokens: list[Token]) -> RichText:
        previous = ""
        for place, token in enumerate(tokens):
            if token.type == "inline":
                task = place > 1 and tokens[place - 2].type == "list_item_open"
                self._content(token.content, task and previous == "paragraph_open")
            elif token.type in ("fence", "code_block"):
                language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
                self._add(CodeBlock(token.content, language))
            elif token.type == "html_block":
                for block in parse_html(token.content).blocks:
                    self._add(block)
            elif token.type == "hr":
                self._add(Divider())
            else:
                self._container(token)
            previous = token.type
        return normalise(RichText(tuple(self._frames[0].blocks)))

    def _container(self, token: Token) -> None:
        frame = self._frames[-1]
        match token.type:
            case "blockquote_open":
                self._frames.append(Frame("quote", []))
            case "bullet_list_open" | "ordered_list_open":
                self._frames.append(Frame("list", [], ordered=token.tag == "ol"))
            case "table_open":
                self._frames.append(TableFrame())
            case "list_item_open":
                frame.begin_item()
            case "tr_open":
                frame.begin_row()
            case "th_open" | "td_open":
                frame.begin_cell(token.tag == "th", {})
            case "heading_open":
                self._heading = int(token.tag[1:])
            case "heading_close":
                self._heading = 0
            case "blockquote_close" | "bullet_list_close" | "ordered_list_close" | "table_close":
                self._frames.pop()
                for block in frame.finish():
                    self._add(_titled(block) if isinstance(block, Table) else block)
            case _:
                pass

    def _content(self, content: str, may_be_task: bool) -> None:
        box: tuple[Text, ...] = ()
        if may_be_task and (found := _TASK.match(content)):
            content = content[found.end() :]
            box = (Text(BOXES[found[1] != " "]),)
        if _MARKUP.search(content) is None:
            inline: tuple[Inline, ...] = (*box, Text(content))
        else:
            tokens: list[Token] = []
            _PARSER.inline.parse(content, _PARSER, self._env, tokens)
            inline = (*box, *read_content(tokens))
        self._add(Heading(self._heading, inline) if self._heading else Paragraph(inline))

    def _add(self, block: Block) -> None:
        self._frames[-1].add(block)


def _titled(table: Table) -> Table:
    """A title row without words stands for a table without titles."""
    first, rest = table.rows[0], table.rows[1:]
    return Table(rest) if _wordless(first) else table


def _wordless(row: Row) -> bool:
    return not any(
        block.content and block.content != (Text(""),)
        for cell in row.cells
        for block in cell.blocks
        if isinstance(block, Paragraph)
    )
