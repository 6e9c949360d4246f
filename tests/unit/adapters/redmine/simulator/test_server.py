"""The simulator beside the tracker's API: pages for people, and what tests ask of it."""

import json

from adapters.redmine.simulator import RateLimit, run
from schemas.errors import Fault
from schemas.issue import Part

FIELDS = frozenset({Part.FIELDS})


async def test_a_person_writes_and_edits_on_the_pages(redmine, session, tracker) -> None:
    sim = next(item for item in redmine.state.projects.values() if item.identifier == "sim")
    form = {
        "project_id": str(sim.id),
        "tracker_id": "2",
        "subject": "<script>alert(1)</script>",
        "description": "Words é",
        "actor": "bob",
    }
    async with session.post(redmine.url + "/", data=form) as answer:
        page = await answer.text()
        assert answer.status == 200
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        issue = answer.url.name
    edit = {"subject": "Renamed", "status_id": "2", "notes": "And why", "private_notes": "on"}
    async with session.post(f"{redmine.url}/issues/{issue}", data=edit) as answer:
        assert "And why" in await answer.text()
    read = await tracker.read(issue, frozenset({Part.FIELDS, Part.COMMENTS}))
    assert (read.fields["summary"], read.fields["status"]) == ("Renamed", "In Progress")
    assert read.comments[0].internal
    async with session.get(redmine.url + "/") as answer:
        assert "Renamed" in await answer.text()
    async with session.post(redmine.url + "/", data={**form, "subject": " "}) as answer:
        assert answer.status == 422
        assert "Subject cannot be blank" in await answer.text()


async def test_forms_of_other_sites_are_refused(redmine, session) -> None:
    headers = {"Origin": "https://evil.example"}
    async with session.post(redmine.url + "/", data={}, headers=headers) as answer:
        assert answer.status == 403


async def test_calls_latency_and_faults_can_be_set_from_outside(
    redmine, session, tracker, draft
) -> None:
    await tracker.create(draft())
    async with session.get(redmine.url + "/simulator/calls") as answer:
        assert (await answer.json())["POST /issues.json"] == 1
    async with session.put(redmine.url + "/simulator/latency", json={"seconds": 0.01}) as answer:
        assert answer.status == 200
    assert redmine.latency == 0.01
    for wrong in ({"seconds": -1}, {"seconds": "1"}, {}):
        async with session.put(redmine.url + "/simulator/latency", json=wrong) as answer:
            assert answer.status == 400
    fault = json.dumps({"status": 503, "path": "/issues.json"})
    async with session.post(redmine.url + "/simulator/faults", data=fault) as answer:
        assert answer.status == 201
    async with session.get(redmine.url + "/issues.json") as answer:
        assert answer.status == 503


async def test_a_proxys_limit_turns_calls_away(redmine, tracker, draft, refusal) -> None:
    made = await tracker.create(draft())
    redmine.limit_rate(RateLimit(capacity=2, interval=60))
    await tracker.read(made.ref.id, FIELDS)
    await tracker.read(made.ref.id, FIELDS)
    error = await refusal(tracker.read(made.ref.id, FIELDS))
    assert (error.fault, error.retry_after) == (Fault.THROTTLED, 60)


async def test_the_command_announces_its_address() -> None:
    import asyncio

    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(run(0, token="t", project="sim", announce=told.set_result))
    assert (await told).startswith("Redmine simulator: http://127.0.0.1:")
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
