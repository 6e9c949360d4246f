"""`tidegate task`, `queue` and `events`."""

import json

import pytest
from aiohttp import web

from schemas.api import Page
from schemas.bulk import TaskDetail, TaskProblem, TaskView
from schemas.node_api import PeerQueue, QueueView
from schemas.pairs_api import PairClaim
from service.cli import events

VIEW = TaskView("t1", "sync", "acme-globex", "running", 1_000, "user ann", 40, 7, 2, 1, None, "")
DETAIL = TaskDetail(
    "t1", "sync", "acme-globex", "done", 1_000, "user ann", 40, 40, 1, 1, 9, "",
    (TaskProblem("WEB-7", "It is gone."),),
)  # fmt: skip


async def test_bulk_work_is_begun_with_issues_from_the_line_and_from_a_file(node, on_node):
    node.answers["task_start"] = VIEW
    result = await on_node(
        "task", "start", "stop", "--connection", "acme-globex", "--issue", "WEB-1", "--issues", "-",
        stdin="WEB-2\n\n  WEB-3 \n",
    )  # fmt: skip
    assert "tidegate task show t1" in result.out
    body = node.calls[0][2]
    assert (body.kind, body.issues) == ("stop", ("WEB-1", "WEB-2", "WEB-3"))


async def test_pairs_come_from_a_csv_and_only_for_pairing(node, on_node, tmp_path):
    node.answers["task_start"] = VIEW
    file = tmp_path / "pairs.csv"
    file.write_text("local_id,remote_id\n1,2\n'=3,4\n")
    begun = await on_node("task", "start", "pair", "--connection", "c", "--pairs", str(file))
    assert begun.code == 0
    assert node.calls[0][2].pairs == (PairClaim("1", "2"), PairClaim("=3", "4"))
    assert (await on_node("task", "start", "pair", "--connection", "c")).code == 2
    assert (await on_node("task", "start", "sync", "--pairs", str(file))).code == 2
    assert len(node.calls) == 1


async def test_all_errors_of_a_kind_are_retried_in_bulk(node, on_node):
    node.answers["task_start"] = VIEW
    await on_node("task", "start", "retry", "--kind-of-error", "mapping")
    assert (node.calls[0][2].kind, node.calls[0][2].fault) == ("retry", "mapping")


async def test_bulk_work_is_listed_shown_cancelled_and_resumed(node, on_node):
    node.answers |= {"tasks": Page(1, (VIEW,)), "task": DETAIL}
    node.answers |= {"task_cancel": VIEW, "task_resume": VIEW}
    assert "7 of 40" in (await on_node("task", "list", "--status", "running")).out
    assert node.calls[0][2].status == "running"
    assert "It is gone." in (await on_node("task", "show", "t1")).out
    assert (await on_node("task", "cancel", "t1", "--json")).json["id"] == "t1"
    await on_node("task", "resume", "t1")
    assert [call[:2] for call in node.calls[2:]] == [
        ("task_cancel", {"task": "t1"}),
        ("task_resume", {"task": "t1"}),
    ]


async def test_the_queue_tells_what_waits_and_for_whom(node, on_node):
    peers = (PeerQueue("globex", 3, 61_000),)
    node.answers["queue"] = QueueView(4, 1, 0, 2, 5, 3, 60_000, 61_000, peers)
    shown = (await on_node("queue")).out
    assert "4, the oldest of 1970-01-01 00:01:00 UTC" in shown
    assert "globex" in shown


def _event(number: int, name: str) -> bytes:
    activity = json.dumps({"at": 1_000, "event": name, "connection": "acme-globex", "issue": "W-1"})
    return f"id: {number}\nevent: activity\ndata: {activity}\n\n".encode()


def _stream(*parts: bytes):
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for part in parts:
            await response.write(part)
        return response

    return answer


@pytest.mark.parametrize("cut", [1, 5, 30, 80])
async def test_events_are_told_however_they_are_cut(node, on_node, cut):
    whole = b"retry: 3000\n\n: \n\n" + _event(7, "twin.written") + _event(8, "twin.sent")
    node.streams = [_stream(*(whole[at : at + cut] for at in range(0, len(whole), cut)))]
    result = await on_node("events", "--connection", "acme-globex", "--after", "6")
    assert [line.split()[2:5] for line in result.out.splitlines()] == [
        ["twin.written", "acme-globex", "W-1"],
        ["twin.sent", "acme-globex", "W-1"],
    ]
    assert (node.calls[0][2].after, node.calls[0][2].connection) == (6, "acme-globex")


async def test_events_go_on_after_the_last_one_when_the_node_is_back(node, on_node, monkeypatch):
    monkeypatch.setattr(events, "AGAIN_SECONDS", 0)
    ended = web.json_response({"detail": "Enough."}, status=403)

    async def refuse(_request: web.Request) -> web.StreamResponse:
        return ended

    node.streams = [_stream(_event(7, "twin.written")), _stream(_event(8, "twin.sent")), refuse]
    result = await on_node("events", "--follow", "--json")
    assert [json.loads(line)["id"] for line in result.out.splitlines()] == [7, 8]
    assert [call[2].after for call in node.calls] == [None, 7, 8]
    assert result.code == 1


async def test_an_event_of_bulk_work_tells_how_far_it_is(node, on_node):
    task = {name: getattr(VIEW, name) for name in VIEW.__struct_fields__}
    node.streams = [_stream(f"event: task\ndata: {json.dumps(task)}\n\n".encode())]
    assert "task t1 sync: running, 7 of 40 done" in (await on_node("events")).out
