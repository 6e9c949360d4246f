"""`tidegate bulk` and `tidegate task`."""

import msgspec
import pytest

from schemas.api import Page
from schemas.bulk import TaskDetail, TaskRowView, TaskStart, TaskView
from schemas.pairs_api import PairClaim, Pairs
from service.cli import task_progress
from service.cli.pairs import from_csv

DONE = TaskView("k1", "pair", "a-g", "done", 1, "user ann", 2, 2, 1, 1, 2, "")
RUNNING = msgspec.structs.replace(DONE, status="running", done=1, failed=0, ended=None)
PAIRS = [PairClaim("10000", "77"), PairClaim("10001", "78")]


def detail(view: TaskView) -> TaskDetail:
    return TaskDetail(**msgspec.structs.asdict(view), problems=())


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(task_progress, "_LOOK_SECONDS", 0)


@pytest.mark.parametrize(
    "text",
    [
        "local_id,remote_id\n10000,77\n10001,78\n",
        "local_key,local_id,remote_key,remote_id\nWEB-1,10000,G-1,77\nWEB-2,10001,G-2,78\n",
        "\ufeffLocal Issue Key;Remote Issue Key\r\n10000;77\r\n\r\n10001;78\r\n",
        "10000,77\n'10001, 78 \n",
        'Remote URN,"Local URN"\n77,10000\n78,10001\n',
        "localWorkItem,relation,remoteTicketNumber\n10000,r,77\n10001,r,78\n",
    ],
)
def test_pairs_are_read_from_files_of_several_kinds(text):
    assert from_csv(text, "pairs.csv") == PAIRS
    turned = [PairClaim(pair.remote_id, pair.local_id) for pair in PAIRS]
    assert from_csv(text, "pairs.csv", swapped=True) == turned


async def test_bulk_connect_tells_how_far_it_is_until_it_ends(node, on_node, tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_text("10000,77\n10001,78\n")
    looks = iter([detail(RUNNING), detail(DONE)])
    node.answers["task_start"] = msgspec.structs.replace(RUNNING, status="waiting", done=0)
    node.answers["task"] = lambda given: next(looks)
    result = await on_node("bulk", "connect", "a-g", str(file), "--dry-run")
    assert result.code == 0
    assert node.calls[0][2] == TaskStart("pair", "a-g", pairs=tuple(PAIRS), dry_run=True)
    assert "0 of 2 done" in result.err
    assert "1 of 2 done" in result.err
    assert "2 of 2 done, 1 failed" in result.out


async def test_a_broken_off_task_ends_with_the_way_to_go_on(node, on_node):
    node.answers["task_start"] = msgspec.structs.replace(RUNNING, status="interrupted")
    result = await on_node("bulk", "recheck", "a-g", "--json")
    assert result.code == 1
    assert result.error["remedy"] == "tidegate task resume k1"
    detached = await on_node("bulk", "recheck", "a-g", "--detach")
    assert "tidegate task wait k1" in detached.out


async def test_bulk_sync_takes_keys_or_a_trigger(node, on_node, tmp_path):
    file = tmp_path / "keys.txt"
    file.write_text("WEB-1\n\n WEB-2 \n")
    node.answers["task_start"] = DONE
    await on_node("bulk", "sync", "a-g", "--issues", str(file))
    await on_node("bulk", "stop", "a-g", "--trigger", "shared", "--confirm", "7")
    assert [call[2] for call in node.calls] == [
        TaskStart("sync", "a-g", ("WEB-1", "WEB-2")),
        TaskStart("stop", "a-g", trigger="shared", confirmed=7),
    ]
    assert (await on_node("bulk", "sync", "a-g")).code == 2


async def test_a_clean_up_writes_the_pairs_first_and_needs_the_number(node, on_node, tmp_path):
    file, out = tmp_path / "keys.txt", tmp_path / "pairs.csv"
    file.write_text("WEB-1\n")
    node.answers["connection_pairs"] = Pairs((), "")
    node.answers["task_start"] = msgspec.structs.replace(DONE, failed=0)
    result = await on_node("bulk", "clean-up", "a-g", "--confirm", "2", "--pairs", str(out))
    assert result.code == 0
    assert out.read_text().startswith("local_key,local_id,")
    await on_node("bulk", "clean-up", "a-g", "--issues", str(file), "--dry-run")
    sent = [call[2] for call in node.calls if isinstance(call[2], TaskStart)]
    assert sent == [
        TaskStart("clean_up", "a-g", confirmed=2),
        TaskStart("clean_up", "a-g", ("WEB-1",), dry_run=True),
    ]


async def test_the_report_of_every_row_is_csv_of_all_pages(node, on_node, tmp_path):
    rows = [TaskRowView(n, f"{n} - {n}", "paired") for n in range(1, 601)]
    rows.append(TaskRowView(601, "=1 - 7", "failed", "There is no such issue."))

    def page(query):
        return Page(len(rows), tuple(rows[query.offset : query.offset + query.page_size]))

    node.answers["task_rows"] = page
    out = tmp_path / "report.csv"
    assert (await on_node("task", "report", "k1", "--out", str(out))).code == 0
    lines = out.read_text().splitlines()
    assert lines[0] == "number,subject,outcome,detail"
    assert len(lines) == 602
    assert lines[-1] == "601,'=1 - 7,failed,There is no such issue."
