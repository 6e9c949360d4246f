"""One node for all tests here: each uses names of its own."""

from collections.abc import Iterator

import pytest

from tests.contract.api.described import Described
from tests.contract.api.house import ADMIN, House, opened


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture
def admin(house: House) -> Described:
    return Described(house, ADMIN)
