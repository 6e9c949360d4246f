"""What changes of ALM connectors and connections, field by field, without a secret."""

from collections.abc import Iterator
from typing import Any

import msgspec

from schemas.configuration import Alteration, ConfigurationChange
from schemas.redaction import MASK, masked
from service.store.alm import ConnectionRow, ConnectorRow
from service.workers.operations.configuration.differing import act_of, differing, other_secrets
from service.workers.operations.configuration.undertaking import (
    AlmConnectionWork,
    AlmConnectorWork,
    Undertaking,
)


def alm_changes_of(found: Undertaking) -> Iterator[ConfigurationChange]:
    for connector in found.alm_connectors:
        yield _connector(connector)
    for connection in found.alm_connections:
        if not connection.idle:
            yield _connection(connection)
    for removal in found.removed_alm:
        yield ConfigurationChange("alm_connection", removal.name, "remove", twins=removal.twins)
    for gone in found.removed_alm_connectors:
        yield ConfigurationChange("alm_connector", gone.name, "remove")


def without_params(change: ConfigurationChange) -> ConfigurationChange:
    """For those who may not edit ALM connections: which params change, and not how."""
    if not change.kind.startswith("alm_"):
        return change
    hidden = (
        Alteration(each.at, MASK, MASK) if each.at[0] == "params" else each
        for each in change.fields
    )
    return msgspec.structs.replace(change, fields=tuple(hidden))


def _connector(work: AlmConnectorWork) -> ConfigurationChange:
    before, after = work.before, work.after
    stands = {} if before is None else _facts_of_connector(before)
    fields = [*differing((), stands, _facts_of_connector(after))]
    if before is not None:
        fields += other_secrets(("params",), before.params, after.params)
    return ConfigurationChange("alm_connector", after.name, act_of(before), tuple(fields))


def _facts_of_connector(row: ConnectorRow) -> dict[str, Any]:
    facts = {"system": row.system, "params": masked(row.params)}
    return facts | ({"inaccessible": True} if row.inaccessible else {})


def _connection(work: AlmConnectionWork) -> ConfigurationChange:
    before, after = work.before, work.after
    stands = _facts(before, work.connector_before) if before else {}
    fields = [*differing((), stands, _facts(after, work.connector))]
    if before is not None:
        fields += other_secrets(("params",), before.params, after.params)
    return ConfigurationChange("alm_connection", work.name, act_of(before), tuple(fields))


def _facts(row: ConnectionRow, connector: ConnectorRow | None) -> dict[str, Any]:
    return {
        "connector": connector.name if connector else None,
        "frequency": row.frequency,
        "debug_mode": row.debug_mode,
        "params": masked(row.params),
    }
