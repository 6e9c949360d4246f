"""Which tasks of an SD Elements project an ALM connection is about."""

import msgspec


class Facts(msgspec.Struct, frozen=True):
    """What the scope looks at."""

    short: str
    """`T2`"""
    phase: str
    """Its slug."""
    priority: int
    tags: frozenset[str] = frozenset()
    verification: str | None = None
    meaning: str = "TODO"
    accepted: bool = True


class Scope(msgspec.Struct, frozen=True):
    phases: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    """Meanings; they gate the creation of an issue, and no more."""
    priority: int = 1
    tags: frozenset[str] = frozenset()
    verification: frozenset[str] = frozenset()
    """Empty: any."""
    selected: frozenset[str] = frozenset()
    """Where any are selected, they alone are in scope, whatever else is set."""

    def holds(self, task: Facts) -> bool:
        if not task.accepted:
            return False
        if self.selected:
            return task.short in self.selected
        return (
            task.phase in self.phases
            and task.priority >= self.priority
            and self.tags <= task.tags
            and (not self.verification or (task.verification or "none") in self.verification)
        )

    def creates(self, task: Facts) -> bool:
        """Whether a task that has no issue gets one."""
        return self.holds(task) and (bool(self.selected) or task.meaning in self.statuses)
