"""Every statement of the hot path searches an index: with a million twins a scan takes seconds."""

import pytest
import sqlalchemy as sa

from service.store import (
    awaited,
    connections,
    kin,
    leases,
    nonces,
    outbox,
    peers,
    rule_versions,
    twins,
)
from service.store.prepared import Prepared

HOT = {
    f"{module.__name__.rpartition('.')[2]}{name.lower()}": value
    for module in (awaited, connections, kin, leases, nonces, outbox, peers, rule_versions, twins)
    for name, value in vars(module).items()
    if isinstance(value, Prepared)
}


@pytest.mark.parametrize("name", sorted(HOT))
def test_no_table_is_scanned(name: str, engine: sa.Engine):
    with engine.begin() as c:
        compiled = HOT[name]._statement.compile(dialect=c.dialect)
        driver = c.connection.driver_connection
        parameters = dict.fromkeys(compiled.params, 0)
        plan = [
            row[3]
            for row in driver.execute(f"EXPLAIN QUERY PLAN {compiled}", parameters).fetchall()
        ]
    scans = [step for step in plan if step.startswith("SCAN") and "sized" not in step]
    scans = [step for step in scans if "subquery" not in step and "anon" not in step]
    assert scans == []
    assert "SEARCH twins" not in plan
