"""What rules would do, tried at two real nodes: each admin sees its own side's writes, and none is
done; a replay shows what a draft would have made of what really came."""

from pathlib import Path
from typing import Any

from tests.e2e.companies import CONNECTION, eventually
from tests.e2e.people import Alice, Bob
from tests.e2e.rig import Rig, open_rig
from tests.e2e.terminal import Terminal
from tests.support.ports import free_port

SHOUTING = """def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(summary=issue.summary.upper(), description=issue.description)
"""
MARKING = """def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(summary=f"[{context.remote_side}] {replica.summary}")
"""
PLANTED = """def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    summary = "Pump burst" if "3" in replica.summary else replica.summary
    return Wanted(summary=summary)
"""
PLAIN = PLANTED.replace('"Pump burst" if "3" in replica.summary else ', "")


async def test_a_dry_run_and_a_replay_do_nothing_and_tell_the_truth(folder: Path) -> None:
    port = free_port()
    async with open_rig(folder, lagoon_port=port, public_port=port, settle_ms=0) as rig:
        harbor, lagoon = (Terminal(folder / f"{name}.toml") for name in ("harbor", "lagoon"))
        await publish(lagoon, folder, PLAIN)
        await lagoon("connection", "set", CONNECTION, "--record-hours", "24")
        key = await rig.alice.create("Pump leaks", "At night.")
        item = await eventually(lambda: titled(rig.bob, "Pump leaks"), "at Bob's")
        await dry_runs(rig, harbor, lagoon, folder, key, item)
        await replayed(rig, lagoon, folder, key, item)


async def dry_runs(
    rig: Rig, harbor: Terminal, lagoon: Terminal, folder: Path, key: str, item: str
) -> None:
    await eventually(lambda: at_rest(harbor, lagoon), "both sides confirmed")
    before = await seen(rig, harbor, lagoon, key, item)
    told = await tried(harbor, folder, key, "outgoing", SHOUTING)
    assert told["message"]["fields"]["summary"] == "PUMP LEAKS"
    assert {"at": "summary", "before": '"Pump leaks"', "after": '"PUMP LEAKS"'} in told["told"]
    # The other company's rules are its own: its admin tries them with what has really come.
    assert any("this node does not know" in note for note in told["notes"])
    assert told["there"] is None
    come = await tried(lagoon, folder, item, "incoming", MARKING)
    assert come["wanted"]["fields"] == {"summary": "[harbor] Pump leaks"}
    assert [(w["call"], w["detail"]) for w in come["writes"]] == [
        ("update", {"set": {"summary": "[harbor] Pump leaks"}})
    ]
    assert (await seen(rig, harbor, lagoon, key, item)) == before


async def replayed(rig: Rig, lagoon: Terminal, folder: Path, key: str, item: str) -> None:
    for number in range(1, 6):
        await rig.alice.rename(key, f"Pump leaks {number}")
        await eventually(lambda n=number: titled(rig.bob, f"Pump leaks {n}"), f"rename {number}")
    await save(lagoon, folder, PLANTED)
    report = await lagoon("rules", "replay", CONNECTION, "--since", "2020-01-01")
    assert report["unreadable"] == 0
    assert report["seen"] > 5
    assert report["fields"] == {"fields.summary": len(report["differing"])}
    found = {
        (d["at"], d["before"], d["after"])
        for one in report["differing"]
        for d in one["differences"]
    }
    assert found == {("fields.summary", '"Pump leaks 3"', '"Pump burst"')}
    assert (await rig.bob.look(item)).summary == "Pump leaks 5"


async def tried(admin: Terminal, folder: Path, issue: str, way: str, rule: str) -> Any:
    file = folder / f"{way}.py"
    file.write_text(rule)
    return await admin("rules", "dry-run", CONNECTION, issue, f"--{way}", str(file))


async def save(admin: Terminal, folder: Path, incoming: str) -> None:
    file = folder / "draft.py"
    file.write_text(incoming)
    await admin("rules", "draft", CONNECTION, "--incoming", str(file))


async def publish(admin: Terminal, folder: Path, incoming: str) -> None:
    await save(admin, folder, incoming)
    await admin("rules", "publish", CONNECTION)


async def seen(rig: Rig, harbor: Terminal, lagoon: Terminal, key: str, item: str) -> list[Any]:
    """All that a write at either side would change."""
    shown = [(await admin("twins"))["results"] for admin in (harbor, lagoon)]
    twins = [(each["id"], each["status"], each["version"]) for page in shown for each in page]
    return [await rig.alice.look(key), await rig.bob.look(item), twins]


async def at_rest(*admins: Terminal) -> bool:
    """Nothing is under way at any of them."""
    queues = [await admin("queue") for admin in admins]
    counts = ("due", "later", "working", "arrived", "outbox")
    return not any(queue[name] for queue in queues for name in counts)


async def titled(person: Alice | Bob, summary: str) -> str | None:
    for key in await person.keys():
        if (await person.look(key)).summary == summary:
            return key
    return None
