"""Who wins a conflict: the same answer on both sides, from what both know."""

from typing import Literal

import msgspec

from schemas.values import Millis

Winner = Literal["local", "remote", "park"]


class Policy(msgspec.Struct, frozen=True):
    """What both sides agreed on: `newest`, `park`, or the short name of the side that wins."""

    local_side: str
    remote_side: str
    default: str = "newest"
    fields: dict[str, str] = {}
    paragraphs: tuple[str, ...] = ()
    """Fields whose text is merged by paragraphs first; `*` stands for all."""

    def by_paragraphs(self, field: str) -> bool:
        return field in self.paragraphs or "*" in self.paragraphs

    def of(self, field: str) -> str:
        return self.fields.get(field, self.default)

    def winner(self, field: str, local_at: Millis, remote_at: Millis) -> Winner:
        """Equal times are decided by the sides' names, so that both sides agree."""
        rule = self.of(field)
        if rule == self.local_side:
            return "local"
        if rule == self.remote_side:
            return "remote"
        if rule == "park":
            return "park"
        return self.newest(local_at, remote_at)

    def newest(self, local_at: Millis, remote_at: Millis) -> Literal["local", "remote"]:
        """What ends a matter of which no person is asked, whatever the field's policy is."""
        local, remote = (local_at, self.local_side), (remote_at, self.remote_side)
        return "local" if local > remote else "remote"
