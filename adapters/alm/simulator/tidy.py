"""What the server makes of a memo: cleaned of what could do harm, and laid out anew."""

import re

from lxml import etree, html

_GONE = ("script", "style", "iframe", "object", "embed", "form")
_BLOCKS = "body|ul|ol|li|table|tbody|tr|td|th|div|p|h[1-6]|blockquote"
_OPENS = re.compile(rf"(?=<(?:{_BLOCKS})\b)")
_CLOSED = re.compile(rf"(</(?:{_BLOCKS})>)")
_PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)


def tidy(text: str) -> str:
    if not text.strip():
        return ""
    root = html.document_fromstring(text)
    etree.strip_elements(root, etree.Comment, *_GONE, with_tail=False)
    for element in root.iter("*"):
        _clean(element)
    body = root.find("body")
    if body is None:
        return ""
    written = etree.tostring(body, encoding="unicode", method="html", with_tail=False)
    laid_out = "".join(
        part if part.startswith("<pre") else _CLOSED.sub("\\1\n", _OPENS.sub("\n", part))
        for part in _PRE.split(written)
    )
    return f"<html>{laid_out}</html>"


def _clean(element: "etree._Element") -> None:
    for name in list(element.attrib):
        if str(name).startswith("on"):
            del element.attrib[name]
    if element.tag == "img":
        source = element.get("src", "")
        if not source.startswith(("http://", "https://", "data:")):
            element.attrib.pop("src", None)
    if element.tag == "table":
        _with_body(element)


def _with_body(table: "etree._Element") -> None:
    rows = list(table.iterchildren("tr"))
    if rows:
        body = etree.SubElement(table, "tbody")
        body.extend(rows)
