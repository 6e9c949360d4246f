"""What both sides of a connection agree on: how conflicts are decided."""

from typing import Annotated

import msgspec

_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Agreement(msgspec.Struct, frozen=True, omit_defaults=True):
    conflict_policy: _Word = "newest"
    """`newest`, `park`, or the short name of the side that wins."""
    field_policies: Annotated[dict[str, _Word], msgspec.Meta(max_length=200)] = {}
    paragraphs: Annotated[tuple[_Word, ...], msgspec.Meta(max_length=200)] = ()
    """Fields whose long text is merged by paragraphs first; `*` stands for all."""


class AgreementBody(Agreement, frozen=True, forbid_unknown_fields=True):
    """What this side wishes. It holds once the other side wishes the same."""
