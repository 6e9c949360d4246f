"""How every tracker's adapter searches in the tracker's own query language."""

import pytest

from adapters.port import Searching, Tracker
from schemas.errors import Fault
from tests.contract.trackers.harness import Site

_QUERIES = {
    "jira": ('summary ~ "Needle" OR summary ~ "nadel" ORDER BY created DESC', "summary ~ (", ""),
    "jira-cloud": ('summary ~ "Needle" OR summary ~ "nadel"', "nosuchfield = 1", ""),
    "azure-devops": (
        "SELECT [System.Id] FROM WorkItems WHERE [System.Title] CONTAINS 'needle'"
        " OR [System.Title] = 'nadel' ORDER BY [System.Id] DESC",
        "[System.Title] BECOMES 'needle'",
        "",
    ),
    "github": ("needle in:title -is:closed", 'a "needle', "character 3"),
    "rally": ('((Name contains "Needle") AND (ObjectID > 0))', "(Name contains", "character 1"),
    "redmine": ("subject=~needle&tracker_id=!77", "subject=~needle&nosuch=1", "character 17"),
    "sd-elements": ("title=needle&priority__gte=1", "title=needle&nosuch=1", "character 14"),
    "alm": ('{name["*needle*"]}', 'defect: {name["*needle*"]', ""),
}
"""By tracker: a query that fits issues with this word, a wrong one, and the place that is told."""


@pytest.fixture(autouse=True)
def searches(tracker: Tracker) -> None:
    if not isinstance(tracker, Searching):
        pytest.skip("this tracker has no queries")


def queries(site: Site) -> tuple[str, str, str]:
    return _QUERIES.get(site.name) or _QUERIES[site.name.partition("-")[0]]


async def every(
    tracker: Tracker, query: str, projects: tuple[str, ...], issue: str = ""
) -> list[str]:
    assert isinstance(tracker, Searching)
    found: list[str] = []
    cursor = ""
    for _ in range(400):
        page = await tracker.search(query, projects, cursor=cursor, issue=issue)
        found += [ref.id for ref in page.issues]
        cursor = page.cursor
        if not cursor:
            return found
    raise AssertionError("the search does not come to an end")


async def test_a_search_finds_what_fits_page_by_page(site: Site) -> None:
    tracker = site.open(**site.small_pages)
    fitting = [await site.hands.write_issue(f"A needle {number}") for number in range(5)]
    other = await site.hands.write_issue("Hay")
    site.clock.pass_(120)
    found = await every(tracker, queries(site)[0], (site.values.project,))
    assert set(fitting) <= set(found)
    assert len(found) == len(set(found))
    assert other not in found


async def test_a_search_tells_of_one_issue_whether_it_fits(site: Site, tracker: Tracker) -> None:
    fits = await site.hands.write_issue("A needle")
    other = await site.hands.write_issue("Hay")
    site.clock.pass_(120)
    query, projects = queries(site)[0], (site.values.project,)
    assert await every(tracker, query, projects, fits) == [fits]
    assert await every(tracker, query, projects, other) == []


async def test_a_wrong_query_is_refused_with_its_place(
    site: Site, tracker: Tracker, refusal
) -> None:
    assert isinstance(tracker, Searching)
    _, wrong, place = queries(site)
    error = await refusal(tracker.search(wrong, (site.values.project,)))
    assert error.fault is Fault.VALIDATION
    assert error.remedy
    if place:
        assert place in error.message


@pytest.mark.parametrize("query", ["", "  ", "(a", "a) OR (b"])
async def test_a_query_that_would_undo_our_conditions_is_not_sent(
    site: Site, tracker: Tracker, refusal, query: str
) -> None:
    assert isinstance(tracker, Searching)
    error = await refusal(tracker.search(query, (site.values.project,)))
    assert error.fault is Fault.VALIDATION
