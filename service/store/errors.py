"""Errors that only the store raises."""

from schemas.errors import Fault, TidegateError


class LeaseLost(TidegateError):
    """The lease ended or another holder has it; nothing was written, what was decided is stale."""

    fault = Fault.CONFLICT

    def __init__(self, twin: str) -> None:
        super().__init__(
            f"The lease on twin {twin} is held by somebody else now.",
            remedy="Nothing to do: the present holder reconciles the twin.",
        )
        self.twin = twin
