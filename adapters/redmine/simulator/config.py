"""How a simulated Redmine is set up."""

import msgspec


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    projects: dict[str, str] = msgspec.field(
        default_factory=lambda: {"sim": "Simulated project", "lagoon": "Lagoon"}
    )
    """Identifier -> name. The last one is public, the others are for members."""
    token: str = "simulator-token"  # noqa: S105 - a made-up account of a made-up server
    """Of an administrator."""
    limited_token: str = "limited-token"  # noqa: S105
    """Of a reporter: may see, report and comment, and nothing else."""
    page_cap: int = 100
    """What a list gives at most, whatever was asked."""
    largest_file: int = 20 << 20
    time_zone: str = "UTC"
    """Of a moment in a filter that names none."""
