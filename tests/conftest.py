"""What holds for every test."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# Two busy cores make an example slow without making it wrong. Where CI is set, Hypothesis draws
# the same examples each time; that is kept.
settings.register_profile("tidegate", parent=settings(), deadline=None)
settings.load_profile("tidegate")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: where several run side by side, none is left for the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A test that configures logging leaves nothing behind for the next one."""
    yield
    structlog.reset_defaults()
