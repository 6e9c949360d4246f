"""Bodies of connectors under /api/v2, and what their trackers tell of themselves."""

from typing import Annotated, Any

import msgspec

from schemas.api import Filter, Name, PageQuery, Text
from schemas.values import Millis


class ConnectorAdd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    system: Name
    params: dict[str, Any]
    check: bool = True
    """Check server and credentials first, and add nothing when that fails."""


class ConnectorChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    params: dict[str, Any]
    """Put over the known ones; null removes one, and a masked secret stays as it is."""
    check: bool = True


class ConnectorView(msgspec.Struct, frozen=True):
    id: str
    name: str
    system: str
    params: dict[str, Any]
    """Secrets masked."""
    webhook_path: str
    """Where the tracker is to send its webhooks, below the node's address; '' when it cannot."""
    connections: int
    """How many connections use it."""
    created: Millis
    revision: int = 1
    """Rises with each change."""


class ConnectorCheckBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    project: Text = ""


class CheckedStage(msgspec.Struct, frozen=True):
    stage: str
    passed: bool
    message: str
    remedy: str = ""


class ConnectorCheck(msgspec.Struct, frozen=True):
    connector: str
    passed: bool
    stages: tuple[CheckedStage, ...]


class ProjectQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    search: Filter = ""
    """A part of the name or the id, in any case."""
    fresh: bool = False
    """Asks the tracker again; else what it said in the last minutes stands."""


class MetadataQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    project: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    fresh: bool = False
    """Asks the tracker again; else what it said in the last minutes stands."""
