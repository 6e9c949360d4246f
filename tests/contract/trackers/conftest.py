"""Every tracker in turn: each simulator, and a real Redmine where one is installed."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from itertools import count

import pytest

from adapters.port import Tracker
from schemas.errors import TrackerError
from schemas.issue import IssueDraft
from schemas.rich_text import plain
from tests.contract.trackers import (
    alm_site,
    azure_devops_site,
    github_site,
    jira_cloud_site,
    jira_site,
    rally_site,
    redmine_site,
    sd_elements_site,
)
from tests.contract.trackers.harness import Site
from tests.support import redmine

_SIMULATED: dict[str, Callable[[], AbstractAsyncContextManager[Site]]] = {
    "jira": jira_site.simulated,
    "jira-cloud": jira_cloud_site.simulated,
    "azure-devops": azure_devops_site.simulated,
    "github": github_site.simulated,
    "rally": rally_site.simulated,
    "redmine": redmine_site.simulated,
    "sd-elements": sd_elements_site.simulated,
    "alm": alm_site.defects,
    "alm-requirements": alm_site.requirements,
}
_numbers = count(1)


@pytest.fixture(scope="session")
def redmine_url() -> Iterator[str]:
    """One server for all tests of a run: each makes issues of its own."""
    if redmine.ENVIRONMENT in os.environ:
        yield os.environ[redmine.ENVIRONMENT]
        return
    if not redmine.available():
        if os.environ.get("CI"):
            pytest.fail("The gate runs these tests against a real Redmine, which is missing.")
        pytest.skip(f"no real Redmine here: apt-get install {' '.join(redmine.PACKAGES)}")
    with redmine.Redmine() as server:
        yield server.url


@pytest.fixture(params=[*_SIMULATED, "redmine-real"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    if request.param == "redmine-real":
        if "weather" in request.fixturenames:
            pytest.skip("a real tracker makes no bad weather on demand")
        url = request.getfixturevalue("redmine_url")
        async with redmine_site.real(url) as real:
            yield real
        return
    async with _SIMULATED[request.param]() as simulated:
        yield simulated


@pytest.fixture
def tracker(site: Site) -> Tracker:
    return site.open()


@pytest.fixture
def draft(site: Site) -> Callable[..., IssueDraft]:
    """Of an issue whose marker nobody else has."""

    def made(summary: str = "A summary", **fields: object) -> IssueDraft:
        marker = f"m-{os.getpid()}-{site.clock()}-{next(_numbers)}"
        given = {"summary": summary, "description": plain("Some text"), **fields}
        return IssueDraft(site.values.project, site.values.type, given, marker)  # type: ignore[arg-type]

    return made


@pytest.fixture
def refusal() -> Callable[..., object]:
    """The error that a call ends with."""

    async def caught(call: object) -> TrackerError:
        with pytest.raises(TrackerError) as raised:
            await call  # type: ignore[misc]
        return raised.value

    return caught
