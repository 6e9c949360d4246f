"""The figures of a campaign, as a table and as JSON."""

import msgspec

from tests.e2e.chaos.invariants import Broken


class Figures(msgspec.Struct, frozen=True):
    setup: str
    seed: int
    kills: int
    starts: int
    broker_restarts: int
    edits: int
    issues: int
    comments: int
    attachments: int
    stream_seconds: float
    rest_seconds: float
    restless: int
    """Twins that still waited for something when patience ended."""
    conflicts: int
    parked: int
    disagreements: int
    losses: int
    duplicates: int
    orphans: int
    overwritten: int
    """Values that a person wrote between our look and our write, in a tracker that cannot refuse
    it; only its own history has them. No fault of ours, and to be rare."""

    @property
    def sound(self) -> bool:
        wrong = self.disagreements, self.losses, self.duplicates, self.orphans
        return not any((*wrong, self.parked, self.restless))


def count(broken: list[Broken], kind: str) -> int:
    return sum(one.kind == kind for one in broken)


def table(figures: Figures) -> str:
    rows = msgspec.structs.asdict(figures)
    width = max(map(len, rows))
    lines = [f"  {name.replace('_', ' '):<{width}}  {_shown(v)}" for name, v in rows.items()]
    return "\n".join(lines)


def _shown(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def as_json(figures: Figures) -> str:
    return msgspec.json.format(msgspec.json.encode(figures)).decode()
