"""How a simulated SD Elements is set up."""

import msgspec


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    projects: dict[str, str] = msgspec.field(default_factory=lambda: {"1": "Simulated project"})
    """Id -> name."""
    token: str = "simulator-token"  # noqa: S105 - a made-up account of a made-up server
    application: str = "Simulated application"
    business_unit: str = "Simulated unit"
    """Above every project."""
    library_tasks: int = 3
    """How many tasks of the library each project begins with."""
    page_cap: int = 1000
    """What a list gives at most, whatever was asked."""
    custom_statuses: dict[str, str] = {}
    """Name -> meaning."""
    bare_answers: bool = False
    """A changed task is answered without what was to be included."""
