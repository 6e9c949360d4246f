"""The served document: valid, complete, and not contradicted by what the node does."""

from pathlib import Path

import pytest
import requests
from openapi_spec_validator import validate

from schemas.routes import ROUTES
from schemas.routing import PREFIX
from tests.contract.api.fuzz import fuzz
from tests.contract.api.house import House, opened

SECONDS = 16


def test_it_is_valid_and_tells_every_route_with_its_role(house: House) -> None:
    document = requests.get(f"{house.api}/openapi.json").json()
    validate(document)
    assert document["openapi"] == "3.1.0"
    for route in ROUTES:
        told = document["paths"][PREFIX + route.path][route.method.lower()]
        assert told["x-role"] == route.role
        assert {"401", "403", "429"} <= set(told["responses"])
        assert ("If-Match" in {each["name"] for each in told["parameters"]}) == (
            route.edition == "needed"
        )


@pytest.mark.slow
@pytest.mark.parametrize("known", [False, True], ids=["strange names", "known names"])
def test_nothing_that_the_node_does_contradicts_it(tmp_path: Path, known: bool) -> None:
    with opened(tmp_path) as house:
        found = fuzz(
            house, examples=3, seconds=SECONDS, seed=7, phases="examples,fuzzing", known=known
        )
    print(found.figures)
    assert found.ended == 0, found.said[-20_000:]
    assert found.failed == 0
    assert found.audited > 10
