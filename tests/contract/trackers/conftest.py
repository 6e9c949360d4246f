"""Every tracker in turn: each simulator, an adapter from a package of its own, and a real Redmine
where one is installed. `TIDEGATE_TEST_SITES` names other trackers to take in their place."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from itertools import count
from pathlib import Path
from pkgutil import resolve_name

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
from tests.support import plugin, redmine

Simulated = Callable[[], AbstractAsyncContextManager[Site]]

NOTEBOOK = Path(__file__).parent / "minimal"
_SIMULATED: dict[str, Simulated] = {
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
_OTHERS = {
    place.partition(":")[0]: place
    for place in os.environ.get("TIDEGATE_TEST_SITES", "").split(",")
    if place
}
"""`module:function` of what makes a `Site`, for adapters that are not part of the project."""
_numbers = count(1)


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that the example's package is installed in."""
    folder = plugin.install(NOTEBOOK, tmp_path_factory.mktemp("installed"))
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


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


@pytest.fixture(params=[*_OTHERS] or [*_SIMULATED, "notebook", "redmine-real"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    if request.param == "redmine-real":
        if "weather" in request.fixturenames:
            pytest.skip("a real tracker makes no bad weather on demand")
        url = request.getfixturevalue("redmine_url")
        async with redmine_site.real(url) as real:
            yield real
        return
    async with _simulated(request)() as simulated:
        yield simulated


def _simulated(request: pytest.FixtureRequest) -> Simulated:
    if request.param == "notebook":
        request.getfixturevalue("notebook")
        return resolve_name("tests.contract.trackers.minimal.notebook_site:simulated")
    if request.param in _OTHERS:
        return resolve_name(_OTHERS[request.param])
    return _SIMULATED[request.param]


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
