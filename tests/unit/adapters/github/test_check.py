"""The check in stages, and webhooks that did not arrive."""

import pytest

from adapters.github.simulator import Fault as SimulatedFault
from adapters.github.simulator import Webhook
from schemas.errors import Fault

DEAD = "http://127.0.0.1:1/hooks/github-a"


async def stages(tracker, project=""):
    return [(one.stage, one.passed) for one in await tracker.check(project)]


async def test_all_stages_pass(tracker) -> None:
    results = await tracker.check()
    assert [one.stage for one in results] == ["server", "credentials", "project", "permissions"]
    assert all(one.passed for one in results)
    assert "3.17.0" in results[0].message
    assert "tidegate" in results[1].message


async def test_the_first_that_fails_is_the_last(github, connect, tracker, project) -> None:
    assert await stages(connect(github, token="wrong")) == [
        ("server", True),
        ("credentials", False),
    ]
    assert (await stages(tracker, "sim/none"))[-1] == ("project", False)
    project.archived = True
    failed = (await tracker.check())[-1]
    assert (failed.stage, "archived" in failed.message) == ("project", True)
    project.archived, project.has_issues = False, False
    assert (await stages(tracker))[-1] == ("project", False)
    await github.close()
    assert await stages(tracker) == [("server", False)]


async def test_rights_that_make_github_drop_fields_are_told(start_github, connect) -> None:
    tracker = connect(await start_github(rights="read"))
    failed = (await tracker.check())[-1]
    assert (failed.stage, failed.passed) == ("permissions", False)
    assert "Triage" in failed.remedy


async def test_another_server_is_not_taken_for_github(github, tracker) -> None:
    github.fail_next(SimulatedFault(status=200, body=b"{}", path="/rate_limit"))
    failed = (await tracker.check())[0]
    assert (failed.passed, "not GitHub" in failed.message) == (False, True)


async def test_a_server_that_counts_no_calls_answers_too(github, tracker) -> None:
    github.fail_next(SimulatedFault(status=404, path="/rate_limit"))
    assert all(one.passed for one in await tracker.check())


@pytest.fixture
async def hooked(start_github, connect):
    """A GitHub whose webhook leads nowhere, and another one's beside it."""
    github = await start_github(webhooks=(Webhook(DEAD), Webhook("http://127.0.0.1:1/other")))
    return github, connect(github, webhook_url=DEAD)


async def test_what_failed_is_sent_again_but_not_for_ever(hooked, clock) -> None:
    github, tracker = hooked
    project = github.state.repository("sim/project")
    for number in range(3):
        github.state.create(project, {"title": f"No. {number}"}, github.state.me)
    await github.hooks.settle()
    assert await tracker.watch() == 3
    await github.hooks.settle()
    ours = github.hooks.registered[0].id
    tries = [one for one in github.hooks.deliveries if one.hook == ours]
    assert len(tries) == 6
    assert len({one.guid for one in tries}) == 3
    clock.now += 60_000
    assert await tracker.watch() == 3
    await github.hooks.settle()
    assert await tracker.watch() == 0


async def test_what_arrived_is_left_alone(hooked) -> None:
    github, tracker = hooked
    project = github.state.repository("sim/project")
    github.state.create(project, {"title": "x"}, github.state.me)
    await github.hooks.settle()
    for one in github.hooks.deliveries:
        one.status = 202
    assert await tracker.watch() == 0


async def test_old_failures_are_given_up(hooked, clock) -> None:
    github, tracker = hooked
    project = github.state.repository("sim/project")
    github.state.create(project, {"title": "x"}, github.state.me)
    await github.hooks.settle()
    clock.now += 4 * 86_400_000
    assert await tracker.watch() == 0


async def test_without_our_address_nothing_is_asked(github, tracker) -> None:
    assert await tracker.watch() == 0
    assert not github.calls


async def test_missing_rights_to_see_webhooks_are_told(hooked, refusal) -> None:
    github, tracker = hooked
    github.fail_next(SimulatedFault(status=403, path="/hooks", message="Must be an admin"))
    assert (await refusal(tracker.watch())).fault is Fault.PERMISSION
