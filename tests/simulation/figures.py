"""What a run of histories came to."""

import msgspec

from tests.simulation.world import World


class Figures(msgspec.Struct):
    histories: int = 0
    passes: int = 0
    crashes: int = 0
    failed_calls: int = 0
    messages: int = 0
    writes: int = 0
    conflicts: int = 0
    parked: int = 0
    """Conflicts that were left to a person."""
    deleted: int = 0
    """Histories in which the issue was deleted on one side."""

    def count(self, world: World) -> None:
        """After each history."""
        self.histories += 1
        self.passes += world.a.passes + world.b.passes
        self.parked += world.a.undecided + world.b.undecided
        self.deleted += bool(world.a.tracker.deleted or world.b.tracker.deleted)
        self.messages += sum(len(sent) for sent in world.history.values())
        self.writes += world.a.tracker.writes + world.b.tracker.writes
        self.conflicts += len(world.a.conflicts) + len(world.b.conflicts)


FIGURES = Figures()
"""Of this process."""
