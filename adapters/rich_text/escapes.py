"""Character classes and entities that the text markups share."""

import html
import re
from collections.abc import Callable

ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def decode_entities(text: str) -> str:
    return ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def escape_entities(text: str) -> str:
    """Words that look like an entity stay words."""
    return ENTITY.sub(lambda found: "&amp;" + found[0][1:], text) if "&" in text else text


def encoder(characters: str) -> Callable[[str], str]:
    """Writes the given characters as numeric entities."""
    table = {ord(character): f"&#{ord(character)};" for character in characters}
    return lambda text: text.translate(table)
