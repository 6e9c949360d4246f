"""How a simulated Rally is set up."""

import msgspec


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str = "Simulated workspace"
    projects: tuple[str, ...] = ("Harbour", "Harbour / Pier", "Lagoon")
    """Paths; what is above another one stands before it."""
    time_zone: str = "America/Denver"
    """Of the workspace: where its days begin."""
    token: str = "simulator-token"  # noqa: S105 - a made-up account of a made-up server
    """Of a subscription administrator."""
    password: str = "simulator-password"  # noqa: S105
    """Of the same account, tidegate@example.com."""
    limited_token: str = "limited-token"  # noqa: S105
    """Of an account that may only look."""
    external_id: bool = True
    """Whether defects and user stories have the custom field c_ExternalID. Tasks have none."""
    tasks_need_parent: bool = False
    """Whether a task must hang below a user story or a defect."""
    webhooks: tuple[str, ...] = ()
    """Addresses that are told of every change from the start."""
    page_cap: int = 2000
    largest_file: int = 50_000_000
    most_calls: int = 12
    """Of one account at once; more are counted as slowed down."""
