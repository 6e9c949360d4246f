"""Ids of issues: an entity's type and its number, for numbers repeat from type to type."""

import re
from typing import Literal, get_args

import msgspec

from adapters.alm import errors
from schemas.errors import Fault

EntityType = Literal["defect", "requirement", "test"]
ENTITY_TYPES: tuple[EntityType, ...] = get_args(EntityType)

_ID = re.compile(r"(?:(defect|requirement|test)[-\s#]*|#)?(\d{1,12})", re.IGNORECASE)


class IssueId(msgspec.Struct, frozen=True):
    type: EntityType
    number: str

    def __str__(self) -> str:
        return f"{self.type}-{self.number}"

    @property
    def path(self) -> str:
        """Below the project."""
        return f"/{self.type}s/{self.number}"


def parse(text: str, default: EntityType) -> IssueId:
    """`defect-12`, `Defect 12`, or a bare number of the default type. NOT_FOUND for anything else,
    as no such issue can be there."""
    found = _ID.fullmatch(text.strip())
    if found is None:
        raise errors.refused(
            Fault.NOT_FOUND,
            f"{text[:60]!r} is no id of an issue in ALM.",
            remedy="Write the type and the number, such as defect-12.",
        )
    named = (found[1] or default).lower()
    kind = next(known for known in ENTITY_TYPES if known == named)
    return IssueId(kind, found[2].lstrip("0") or "0")
