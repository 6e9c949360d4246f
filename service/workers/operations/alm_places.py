"""Where an ALM connection has issues under sync, and that they stay there."""

from schemas.errors import InputError
from service.store.alm import ConnectionRow, ConnectorRow
from service.workers.alm.office import system_of, together
from service.workers.alm.trackers import project_of


def place_of(connector: ConnectorRow, row: ConnectionRow) -> tuple[str, str, str]:
    """At the tracker, at SD Elements, and which system it is."""
    return project_of(system_of(connector), together(connector, row)), row.project, connector.system


def stays(count: int, of: str = "") -> InputError:
    """`of`: the connection, for whoever did not name it."""
    said = f"Of the connection {of}: " if of else ""
    return InputError(
        f"{said}{count} tasks are under sync by this connection, so its projects stay.",
        status=409,
        remedy="Create another connection for the other project.",
    )
