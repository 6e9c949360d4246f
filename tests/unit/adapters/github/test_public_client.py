"""PyGithub, the public client library, works against the simulator as against the real one."""

import asyncio
from datetime import UTC, datetime

import pytest

from schemas.issue import ALL_PARTS
from schemas.rich_text import to_plain

github_library = pytest.importorskip("github", reason="PyGithub is not installed")


@pytest.fixture
def library(github):
    return github_library.Github(
        base_url=github.url + "/api/v3",
        auth=github_library.Auth.Token(github.config.token),
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )


def a_persons_work(library) -> int:
    """Through the library alone. Answers the issue's number."""
    assert library.get_user().login == "tidegate"
    repository = library.get_repo("sim/project")
    milestone = next(one for one in repository.get_milestones() if one.title == "1.0")
    issue = repository.create_issue(
        "By PyGithub", "Some *text*", assignee="alice", milestone=milestone, labels=["bug", "new"]
    )
    issue.create_comment("First")
    second = issue.create_comment("Second")
    second.edit("Second, edited")
    issue.get_comments()[0].delete()
    issue.add_to_labels("urgent")
    issue.remove_from_labels("new")
    issue.edit(title="By PyGithub, edited", state="closed", state_reason="not_planned")
    return issue.number


async def test_what_the_library_writes_the_adapter_reads(github, tracker, library) -> None:
    number = await asyncio.to_thread(a_persons_work, library)
    found = await tracker.resolve(f"sim/project#{number}")
    issue = await tracker.read(found.id, ALL_PARTS)
    assert issue.fields["summary"] == "By PyGithub, edited"
    assert (issue.fields["status"], issue.fields["resolution"]) == ("closed", "not_planned")
    assert issue.fields["labels"] == ("bug", "urgent")
    assert issue.fields["milestone"] == "1.0"
    assert issue.fields["assignee"].id == "alice"
    assert [to_plain(one.body) for one in issue.comments] == ["Second, edited"]


async def test_what_the_adapter_writes_the_library_reads(
    github, tracker, library, draft, by_hand
) -> None:
    issue = await tracker.create(draft(labels=("x",), status="closed"))
    for number in range(65):
        by_hand(f"No. {number}")

    def seen() -> tuple[object, ...]:
        repository = library.get_repo("sim/project")
        held = repository.get_issue(int(issue.ref.id.partition("-")[2]))
        since = datetime(2020, 1, 1, tzinfo=UTC)
        count = len(list(repository.get_issues(state="all", since=since, sort="updated")))
        return held.title, held.state, [label.name for label in held.labels], count

    title, state, labels, count = await asyncio.to_thread(seen)
    assert (title, state, count) == ("A summary", "closed", 66)
    assert labels == ["x"]


async def test_refusals_have_the_shape_that_the_library_knows(github, library) -> None:
    repository = await asyncio.to_thread(library.get_repo, "sim/project")
    with pytest.raises(github_library.UnknownObjectException):
        await asyncio.to_thread(repository.get_issue, 99)
    with pytest.raises(github_library.GithubException) as raised:
        await asyncio.to_thread(repository.create_issue, "x" * 300)
    assert raised.value.status == 422
    stranger = github_library.Github(
        base_url=github.url + "/api/v3", auth=github_library.Auth.Token("wrong"), retry=None
    )
    with pytest.raises(github_library.BadCredentialsException):
        await asyncio.to_thread(lambda: stranger.get_user().login)
