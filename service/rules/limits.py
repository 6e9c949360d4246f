"""What one run of a rule may use."""

import msgspec
from pydantic_monty import ResourceLimits


class RuleLimits(msgspec.Struct, frozen=True):
    seconds: float = 0.2
    memory: int = 32 << 20
    """Bytes on the sandbox's heap."""
    recursion: int = 100
    suspensions: int = 1000
    """Times that one session may ask the host for something."""
    printed: int = 8192
    """Characters of a rule's prints that are kept for the log."""
    check_seconds: float = 10.0
    """For one type check."""

    def for_check(self) -> ResourceLimits:
        """Nothing of the file is run; on a busy machine the check takes its time."""
        return self.for_session() | {"max_feed_duration_secs": self.check_seconds}

    def for_session(self, patience: int = 1) -> ResourceLimits:
        return ResourceLimits(
            max_feed_duration_secs=self.seconds * patience,
            max_memory=self.memory,
            max_recursion_depth=self.recursion,
            max_suspensions=self.suspensions,
            max_total_sleep_secs=0.0,
        )
