"""How a simulated ALM is set up."""

import msgspec


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    domain: str = "DEFAULT"
    project: str = "sim"
    user: str = "tidegate"
    password: str = "simulator-password"  # noqa: S105 - a made-up account of a made-up server
    client_id: str = "simulator-key"
    secret: str = "simulator-token"  # noqa: S105
    """The account's API key."""
    time_zone: str = "Europe/Berlin"
    idle_minutes: int = 60
    """After which a session is dead."""
    cookies_change_after: int = 5
    """Calls after which a session gets another cookie."""
    versioned: bool = False
    """Requirements and tests under version control."""
    xml_only: tuple[str, ...] = ()
    """Collections that this version knows in XML alone."""
    tells_time: bool = True
    largest_file: int = 64 << 20
    page_cap: int = 2000
