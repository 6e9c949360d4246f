"""Images that stand in a text. Jira keeps them as files of its media store, under ids that only the
address of an attachment's content tells; people know them by their file names."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any
from urllib.parse import quote, unquote

from adapters.jira import answers, moments
from adapters.jira.client import JiraClient, segment
from adapters.rich_text.mapping import inlines, map_inlines
from schemas.errors import Fault, TrackerError
from schemas.rich_text import Image, Inline, RichText
from schemas.values import Millis

_REMEMBERED = 10_000
_MOST_ASKED = 50
"""Attachments of one issue that are asked for their ids, to name images of one text."""
_FILE = re.compile(r"/file/([0-9A-Za-z-]{1,100})/")
_STAND_IN = "https://media.tidegate.invalid/"
"""Addresses that stand for files while a text is made; they never leave this module."""
_BY_ID = "media:"
"""Before the id of a file whose name is not known. Written back, it is the same file again."""
_MISSING = "-"
"""In place of an id: the file is not there yet."""
_OUTSIDE = ("http://", "https://")
_WHAT = "find an image in Jira's media store"

Node = dict[str, Any]


def outside(image: Image) -> bool:
    return image.source.startswith(_OUTSIDE)


def image_names(rich: RichText) -> frozenset[str]:
    """Of the files of which a text shows images."""
    return frozenset(
        part.source for part in inlines(rich) if isinstance(part, Image) and not outside(part)
    )


class Media:
    def __init__(self, client: JiraClient) -> None:
        self._client = client
        self._promise = client.base + "/#file="
        """Where a link leads that stands for an image until its file is there."""
        self._ids: OrderedDict[str, str] = OrderedDict()
        """Attachment -> id in the media store; '' where Jira does not tell it."""
        self._names: OrderedDict[str, str] = OrderedDict()
        self._nameless = False

    def named(self, document: Any) -> Any:
        """A document whose files have names; those that are not known yet go by their ids."""
        if not any(map(self._is_unnamed, _walk(document))):
            return document
        return _mapped(document, self._with_name)

    def take_nameless(self) -> bool:
        """Whether texts were read lately in which files go by their ids."""
        found, self._nameless = self._nameless, False
        return found

    def renamed(self, part: Inline) -> Inline:
        """An image under the name of its file, once that is known."""
        if not isinstance(part, Image) or not part.source.startswith(_BY_ID):
            return part
        name = self._names.get(part.source.removeprefix(_BY_ID), "")
        return Image(name, part.alt) if name else part

    async def learn(self, attachments: Iterable[answers.Attachment]) -> None:
        """What an issue's files are called."""
        unknown = [each for each in attachments if str(each.id) not in self._ids]
        for attachment in unknown[:_MOST_ASKED]:
            await self._ask(attachment)

    async def placed(self, rich: RichText, attachments: Iterable[answers.Attachment]) -> RichText:
        """The text with its images tied to files of the issue, for `shown` to finish."""
        # The newest of several files with one name is the one that is meant.
        held = {each.filename: each for each in sorted(attachments, key=_age)}
        ids = {
            name: name.removeprefix(_BY_ID)
            if name.startswith(_BY_ID)
            else await self._ask(held[name])
            for name in sorted(image_names(rich))
            if name in held or name.startswith(_BY_ID)
        }
        numbers = count(1)

        def tied(part: Inline) -> Inline:
            if not isinstance(part, Image) or outside(part):
                return part
            # A number each, so that two neighbours stay two.
            number = ids.get(part.source) or _MISSING
            place = f"{number}/{next(numbers)}/{quote(part.source, safe='')}"
            return Image(_STAND_IN + place, part.source)

        return map_inlines(rich, tied)

    def shown(self, document: Node) -> Any:
        """A finished document: files, and links in place of those that are missing."""
        return _mapped(document, self._filed)

    async def _ask(self, attachment: answers.Attachment) -> str:
        key = str(attachment.id)
        if key not in self._ids:
            path = f"/attachment/content/{segment(key)}"
            try:
                address = await self._client.location(path, what=_WHAT)
            except TrackerError as error:
                if error.fault is not Fault.NOT_FOUND:
                    raise
                address = ""
            found = _FILE.search(address)
            _keep(self._ids, key, found[1] if found else "")
            if found:
                _keep(self._names, found[1], attachment.filename)
        return self._ids[key]

    def _is_unnamed(self, node: Any) -> bool:
        if _is_file(node):
            return not node["attrs"].get("alt")
        return any(href.startswith(self._promise) for href in _links(node))

    def _with_name(self, node: Node) -> Node:
        if not self._is_unnamed(node):
            return node
        for href in _links(node):
            name = unquote(href.removeprefix(self._promise))
            return {"type": "mediaInline", "attrs": _file(_MISSING, name)}
        attrs = node["attrs"]
        name = self._names.get(attrs["id"], "")
        if not name:
            self._nameless = True
            name = _BY_ID + attrs["id"]
        return {**node, "attrs": {**attrs, "alt": name}}

    def _filed(self, node: Node) -> Node:
        content = node.get("content")
        if node.get("type") == "mediaSingle" and content and content[0]["type"] == "text":
            return {"type": "paragraph", "content": content}
        url = node.get("attrs", {}).get("url", "") if node.get("type") == "media" else ""
        for address in (url, *_links(node)):
            if address.startswith(_STAND_IN):
                number, _, name = address.removeprefix(_STAND_IN).split("/", 2)
                return self._shown_file(number, unquote(name), "media" if url else "mediaInline")
        return node

    def _shown_file(self, number: str, name: str, kind: str) -> Node:
        if number != _MISSING:
            return {"type": kind, "attrs": {**_file(number, name), "type": "file"}}
        link = {"type": "link", "attrs": {"href": self._promise + quote(name, safe="")}}
        return {"type": "text", "text": name, "marks": [link]}


def _age(attachment: answers.Attachment) -> Millis:
    return moments.parse_or_zero(attachment.created)


def _file(number: str, name: str) -> Node:
    return {"id": number, "collection": "", "alt": name}


def _is_file(node: Any) -> bool:
    attrs = node.get("attrs") if isinstance(node, dict) else None
    return (
        isinstance(attrs, dict)
        and node.get("type") in ("media", "mediaInline")
        and isinstance(attrs.get("id"), str)
    )


def _links(node: Any) -> Iterator[str]:
    marks = node.get("marks") if isinstance(node, dict) else None
    for mark in marks if isinstance(marks, list) else ():
        attrs = mark.get("attrs") if isinstance(mark, dict) and mark.get("type") == "link" else None
        href = attrs.get("href") if isinstance(attrs, dict) else None
        if isinstance(href, str):
            yield href


def _walk(node: Any) -> Iterator[Any]:
    """All nodes of a document, nesting as deep as it may."""
    open_ = [node]
    while open_:
        here = open_.pop()
        yield here
        content = here.get("content") if isinstance(here, dict) else None
        if isinstance(content, list):
            open_.extend(content)


def _mapped(node: Any, change: Callable[[Node], Node]) -> Any:
    if not isinstance(node, dict):
        return node
    content = node.get("content")
    if isinstance(content, list):
        node = {**node, "content": [_mapped(child, change) for child in content]}
    return change(node)


def _keep(known: OrderedDict[str, str], key: str, value: str) -> None:
    known[key] = value
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
