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
    github.fail_next(SimulatedFault(status=200, raw=b"{}", path="/rate_limit"))
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


def asked_again(github) -> int:
    return sum(n for call, n in github.calls.items() if call.endswith("/attempts"))


def write(github, count: int = 1) -> None:
    project = github.state.repository("sim/project")
    for number in range(count):
        github.state.create(project, {"title": f"No. {number}"}, github.state.me)


async def test_what_failed_is_sent_again_but_not_for_ever(hooked, clock) -> None:
    github, tracker = hooked
    write(github, 3)
    await github.hooks.settle()
    await tracker.watch(())
    assert asked_again(github) == 3
    await github.hooks.settle()
    ours = github.hooks.registered[0].id
    tries = [one for one in github.hooks.deliveries if one.hook == ours]
    assert len(tries) == 6
    assert len({one.guid for one in tries}) == 3
    clock.millis += 60_000
    await tracker.watch(())
    assert asked_again(github) == 6
    await github.hooks.settle()
    await tracker.watch(())
    assert asked_again(github) == 6


async def test_what_arrived_is_left_alone(hooked) -> None:
    github, tracker = hooked
    write(github)
    await github.hooks.settle()
    for one in github.hooks.deliveries:
        one.status = 202
    assert await tracker.watch(()) == ()
    assert asked_again(github) == 0


async def test_old_failures_are_given_up(hooked, clock) -> None:
    github, tracker = hooked
    write(github)
    await github.hooks.settle()
    clock.millis += 4 * 86_400_000
    await tracker.watch(())
    assert asked_again(github) == 0


async def test_a_row_of_failures_wants_a_person_until_one_arrives(hooked, clock) -> None:
    github, tracker = hooked
    write(github, 2)
    await github.hooks.settle()
    assert await tracker.watch(()) == ()
    await github.hooks.settle()
    (told,) = await tracker.watch(())
    assert "502" in told
    assert "Recent deliveries" in told
    await github.hooks.settle()
    for one in github.hooks.deliveries[:2]:
        one.status = 202
    clock.millis += 60_000
    assert await tracker.watch(()) == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"active": False}, "switched off"),
        ({"events": ("issues",)}, "issue_comment"),
        ({"target": Webhook("http://127.0.0.1:1/other")}, "no webhook"),
    ],
)
async def test_a_webhook_that_cannot_tell_wants_a_person(hooked, change, words) -> None:
    github, tracker = hooked
    assert await tracker.watch(()) == ()
    for name, value in change.items():
        setattr(github.hooks.registered[0], name, value)
    (told,) = await tracker.watch(())
    assert words in told
    assert "sim/project" in told


async def test_a_webhook_that_is_switched_off_sends_nothing(hooked) -> None:
    github, _ = hooked
    for hook in github.hooks.registered:
        hook.active = False
    write(github)
    await github.hooks.settle()
    assert github.hooks.deliveries == []


async def test_watching_at_rest_takes_two_calls(hooked) -> None:
    github, tracker = hooked
    await tracker.watch(())
    assert sum(github.calls.values()) == 2


async def test_without_our_address_nothing_is_asked(github, tracker) -> None:
    assert await tracker.watch(()) == ()
    assert not github.calls


async def test_missing_rights_to_see_webhooks_are_told(hooked, refusal) -> None:
    github, tracker = hooked
    github.fail_next(SimulatedFault(status=403, path="/hooks", message="Must be an admin"))
    assert (await refusal(tracker.watch(()))).fault is Fault.PERMISSION
