"""A node as the remote agent of an SD Elements that cannot reach the tracker."""

from pathlib import Path

from schemas.redaction import MASK
from service.workers.alm.agent import Agent
from tests.contract.alm.rig import rigged
from tests.contract.alm.trackers import jira


async def test_jobs_are_fetched_run_and_told_of_once(tmp_path: Path) -> None:
    async with jira() as office, rigged(tmp_path, tasks=2) as rig:
        state = rig.sde.state
        params = office.params | office.own | {"sde_project": "Simulated project"}
        there = state.connect("The shop", "1", "jira", params)
        waiting = state.queue_job(there.id)

        def agent() -> Agent:
            """Anew for each look: it remembers nothing."""
            return Agent(rig.node.office, rig.node.operations.alm.making)

        await agent().look()
        [job] = (await rig.ask("GET", "/jobs/alm/"))["results"]
        assert job["user"] == f"agent, job {waiting.id}"
        assert job["connection"]["params"]["alm_api_token"] == MASK
        await rig.over(job["id"])
        await agent().look()
        assert (waiting.ready, waiting.succeeded) == (True, True)
        assert "2 new" in waiting.result_message
        references = [(r.alm_connection, r.reference) for r in rig.task("T1").references]
        assert references[0][0] == int(there.id)

        await agent().look()
        assert len((await rig.ask("GET", "/jobs/alm/"))["results"]) == 1
        again = state.queue_job(there.id)
        await agent().look()
        newest = (await rig.ask("GET", "/jobs/alm/"))["results"][0]
        await rig.over(newest["id"])
        await agent().look()
        assert "2 unchanged" in again.result_message
        assert len((await rig.ask("GET", "/connections/alm/"))["results"]) == 1
        assert len(await office.issues()) == 2


async def test_a_job_that_cannot_be_run_is_told_why(tmp_path: Path) -> None:
    async with rigged(tmp_path, tasks=1) as rig:
        there = rig.sde.state.connect("Old", "1", "trac", {})
        waiting = rig.sde.state.queue_job(there.id)
        await Agent(rig.node.office, rig.node.operations.alm.making).look()
        assert (waiting.ready, waiting.succeeded) == (True, False)
        assert "'trac' is not supported" in waiting.result_message
