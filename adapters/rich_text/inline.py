"""The canonical form of what stands inside one paragraph, heading or cell."""

import re
from collections.abc import Iterable, Iterator, Sequence

from adapters.rich_text import links
from schemas.rich_text import Image, Inline, LineBreak, Mark, Mention, Text

BREAK = LineBreak()
_SPACES = re.compile(r"[ \t]{2,}|\t")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# What XML cannot carry, and the byte order mark; trackers drop or refuse them.
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")
_UNUSUAL = re.compile("[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """One kind of line end, no character that a tracker would refuse."""
    if _UNUSUAL.search(text) is None:
        return text
    return _FORBIDDEN.sub("", _LINE_ENDS.sub("\n", text))


def words(text: str) -> str:
    """One line, single spaces."""
    return " ".join(clean(text).split())


def normalise_inline(parts: Iterable[Inline]) -> list[Inline]:
    """No empty or mergeable text, no space at an edge of a line or a mark, bare URLs linked."""
    parts = tuple(parts)
    if len(parts) == 1 and isinstance(parts[0], Text) and _is_simple(parts[0]):
        return list(parts)
    done: list[Inline] = []
    run: list[Text] = []
    for part in _split_lines(parts):
        if isinstance(part, Text):
            run.append(part)
            continue
        other = _normalise_atom(part)
        if other is None:
            continue
        if isinstance(other, Text):
            run.append(other)
            continue
        if run:
            done.extend(_normalise_run(run, _glues(done), not isinstance(other, LineBreak)))
            run = []
        done.append(other)
    if run:
        done.extend(_normalise_run(run, _glues(done), False))
    while done and isinstance(done[-1], LineBreak):
        done.pop()
    start = 0
    while start < len(done) and isinstance(done[start], LineBreak):
        start += 1
    return done[start:] if start else done


def _is_simple(part: Text) -> bool:
    """Most paragraphs of most issues: words and nothing to put in order."""
    text = part.text
    return (
        not part.marks
        and not part.href
        and bool(text)
        and not text[0].isspace()
        and not text[-1].isspace()
        and "://" not in text
        and "\n" not in text
        and "  " not in text
        and _UNUSUAL.search(text) is None
    )


def _glues(done: Sequence[Inline]) -> bool:
    return bool(done) and not isinstance(done[-1], LineBreak)


def _split_lines(parts: Iterable[Inline]) -> Iterator[Inline]:
    for part in parts:
        if not isinstance(part, Text):
            yield part
            continue
        text = clean(part.text)
        if "\n" not in text:
            if text:
                yield part if text is part.text else Text(text, part.marks, part.href)
            continue
        for number, line in enumerate(text.split("\n")):
            if number:
                yield BREAK
            if line:
                yield Text(line, part.marks, part.href)


def _normalise_atom(part: Inline) -> Inline | None:
    if isinstance(part, Image):
        alt = words(part.alt)
        source = clean(part.source).replace("\n", "").strip()
        return Image(source, alt) if source else Text(alt) if alt else None
    if isinstance(part, Mention):
        name = words(part.name).lstrip("@ ") or words(part.id)
        return Mention(name, words(part.id)) if name else None
    return part


def _normalise_run(run: list[Text], glued_left: bool, glued_right: bool) -> list[Inline]:
    merged = _merge(part for text in _merge(map(_canonical, run)) for part in _link(text))
    if len(merged) > 1 or merged[0].marks or merged[0].href:
        merged = _merge(_place_spaces(_part_spaces(merged)))
    texts = [_single_spaced(part) for part in merged]
    if texts and not glued_left:
        texts[0] = _retext(texts[0], texts[0].text.lstrip())
    if texts and not glued_right:
        texts[-1] = _retext(texts[-1], texts[-1].text.rstrip())
    return [part for part in texts if part.text]


def _canonical(part: Text) -> Text:
    if not part.marks and not part.href:
        return part
    return Text(part.text, sorted_marks(part.marks), links.target(clean(part.href)))


def sorted_marks(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(set(marks)))


def _link(part: Text) -> Iterable[Text]:
    if part.href or "://" not in part.text or "code" in part.marks:
        return (part,)
    return links.linked(part)


def _merge(parts: Iterable[Text]) -> list[Text]:
    merged: list[Text] = []
    texts: list[str] = []
    for part in parts:
        last = merged[-1] if merged else None
        if last is None or last.marks != part.marks or last.href != part.href:
            if last is not None and len(texts) > 1:
                merged[-1] = _retext(last, "".join(texts))
            merged.append(part)
            texts = [part.text]
        else:
            texts.append(part.text)
    if len(texts) > 1:
        merged[-1] = _retext(merged[-1], "".join(texts))
    return merged


def _part_spaces(parts: list[Text]) -> Iterator[Text]:
    """Each text apart from the white space at its edges."""
    for part in parts:
        text = part.text
        core = text.strip()
        if len(core) == len(text) or not core:
            yield part
            continue
        start = text.index(core[0])
        if start:
            yield _retext(part, text[:start])
        yield _retext(part, core)
        if start + len(core) < len(text):
            yield _retext(part, text[start + len(core) :])


def _place_spaces(parts: Iterable[Text]) -> Iterator[Text]:
    """White space keeps only the marks and the link that both its neighbours share, and no marks
    beside the end of a link, where every markup ends them."""
    left: Text | None = None
    spaces: list[Text] = []
    for part in parts:
        if part.text.isspace():
            spaces.append(part)
            continue
        if spaces:
            yield _space_between(left, spaces, part)
            spaces = []
        yield part
        left = part
    if spaces:
        yield Text("".join(part.text for part in spaces))


def _space_between(left: Text | None, spaces: list[Text], right: Text) -> Text:
    text = "".join(part.text for part in spaces)
    if left is None or left.href != right.href:
        return Text(text)
    shared = set(left.marks).intersection(right.marks, *(part.marks for part in spaces))
    hrefs = {left.href, right.href, *(part.href for part in spaces)}
    return Text(text, sorted_marks(shared), hrefs.pop() if len(hrefs) == 1 else "")


def _single_spaced(part: Text) -> Text:
    if _SPACES.search(part.text) is None:
        return part
    return _retext(part, _SPACES.sub(" ", part.text))


def _retext(part: Text, text: str) -> Text:
    return part if text == part.text else Text(text, part.marks, part.href)
