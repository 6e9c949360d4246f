"""`bulk`: one thing for many issues. It goes on in the node; the command tells how far it is."""

from argparse import ArgumentParser
from pathlib import Path

from schemas.bulk import TaskKind, TaskStart
from schemas.node_routes import TASK_START
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.pairs import fetch, from_csv, to_csv, write
from service.cli.parsing import Commands, command, group
from service.cli.session import Session, on_node, read_text
from service.cli.task_progress import follow, so_far


def add_to(commands: Commands) -> None:
    bulk = group(commands, "bulk", "One thing for many issues")
    _add_sync_and_stop(bulk)
    _add_connect(bulk)
    _add_recheck(bulk)
    _add_clean_up(bulk)


def _add_sync_and_stop(bulk: Commands) -> None:
    sync = command(
        bulk,
        "sync",
        "put issues under sync, and look again at those that are",
        on_node(_sync),
        examples="bulk sync acme-globex --trigger shared-bugs --confirm 1200\n"
        "bulk sync acme-globex --issues keys.txt",
    )
    stop = command(
        bulk,
        "stop",
        "end the sync of issues; both issues stay",
        on_node(_stop),
        examples="bulk stop acme-globex --issues keys.txt",
    )
    for made in (sync, stop):
        made.add_argument("connection")
        made.add_argument("--issues", default="", metavar="FILE", help="keys, one in a line")
        made.add_argument("--trigger", default="", help="all that this trigger matches")
        made.add_argument("--confirm", type=int, metavar="N", help="how many its preview has told")
        _add_detach(made)


def _add_connect(bulk: Commands) -> None:
    connect = command(
        bulk,
        "connect",
        "pair issues that exist on both sides, from a CSV file; creates none",
        on_node(_connect),
        examples="bulk connect acme-globex pairs.csv --dry-run",
    )
    connect.add_argument("connection")
    connect.add_argument("file", help="local_id and remote_id, as `connection pairs` writes them")
    connect.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    connect.add_argument(
        "--swap",
        action="store_true",
        help="it is the other side's file: columns trade places",
    )
    _add_detach(connect)


def _add_recheck(bulk: Commands) -> None:
    recheck = command(
        bulk,
        "recheck",
        "reconcile all that is under sync, such as after a field was mapped",
        on_node(_recheck),
        examples="bulk recheck acme-globex",
    )
    recheck.add_argument("connection")
    _add_detach(recheck)


def _add_clean_up(bulk: Commands) -> None:
    clean = command(
        bulk,
        "clean-up",
        "forget pairs on both sides, and what waits of them; all issues stay",
        on_node(_clean_up),
        examples="bulk clean-up acme-globex --dry-run\n"
        "bulk clean-up acme-globex --confirm 1200 --pairs pairs.csv\n"
        "bulk clean-up acme-globex --issues keys.txt",
    )
    clean.add_argument("connection")
    clean.add_argument("--issues", default="", metavar="FILE", help="keys, one in a line")
    clean.add_argument("--confirm", type=int, metavar="N", help="how many the dry run has told")
    clean.add_argument("--dry-run", action="store_true", help="only tell how each pair stands")
    clean.add_argument(
        "--pairs", default="", metavar="FILE", help="first write the pairs there, to connect again"
    )
    _add_detach(clean)


def _add_detach(parser: ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="do not wait until it ends")


async def _sync(session: Session, node: NodeClient) -> None:
    await _chosen(session, node, "sync")


async def _stop(session: Session, node: NodeClient) -> None:
    await _chosen(session, node, "stop")


async def _chosen(session: Session, node: NodeClient, kind: TaskKind) -> None:
    file, trigger = session.text("issues"), session.text("trigger")
    if bool(file) == bool(trigger):
        raise failed("Say which issues.", "Give --issues FILE or --trigger NAME.", Ending.USAGE)
    body = TaskStart(
        kind,
        session.text("connection"),
        _keys(file) if file else (),
        trigger=trigger,
        confirmed=session.arguments.confirm,
    )
    await _begin(session, node, body)


async def _connect(session: Session, node: NodeClient) -> None:
    file = session.text("file")
    pairs = from_csv(read_text(Path(file), "the pairs"), file, swapped=session.flag("swap"))
    if not pairs:
        raise failed(f"{file} names no pair.", "Write one a line: local issue, remote issue.")
    body = TaskStart(
        "pair",
        session.text("connection"),
        pairs=tuple(pairs),
        dry_run=session.flag("dry_run"),
    )
    await _begin(session, node, body)


async def _recheck(session: Session, node: NodeClient) -> None:
    await _begin(session, node, TaskStart("recheck", session.text("connection")))


async def _clean_up(session: Session, node: NodeClient) -> None:
    name, file, out = session.text("connection"), session.text("issues"), session.text("pairs")
    if out:
        write(Path(out), to_csv(await fetch(node, name)))
    body = TaskStart(
        "clean_up",
        name,
        _keys(file) if file else (),
        confirmed=session.arguments.confirm,
        dry_run=session.flag("dry_run"),
    )
    await _begin(session, node, body)


def _keys(file: str) -> tuple[str, ...]:
    lines = read_text(Path(file), "the issues").split("\n")
    return tuple(line.strip() for line in lines if line.strip())


async def _begin(session: Session, node: NodeClient, body: TaskStart) -> None:
    task = await node.send(TASK_START, body=body)
    if session.flag("detach"):
        words = f"Task {task.id} is begun: {so_far(task)} done."
        session.out.answer(task, words, f"tidegate task wait {task.id}")
        return
    await follow(session, node, task)
