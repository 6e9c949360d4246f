"""`export`, `plan` and `apply`: a node's configuration as files."""

import subprocess
from argparse import ArgumentParser
from pathlib import Path
from shutil import which

import msgspec

from schemas.configuration import ApplyBody, Configuration, ConfigurationPlan, PlanBody
from schemas.configuration_routes import CONFIGURATION, CONFIGURATION_APPLY, CONFIGURATION_PLAN
from service.cli.configuration_plan import Shown, summary
from service.cli.ending import Ending, failed
from service.cli.folder.reading import FolderRead, read_folder
from service.cli.folder.writing import write_folder
from service.cli.node_client import NodeClient
from service.cli.parsing import Commands, command
from service.cli.session import Session, on_node

_CHANGES = 2
"""As other tools of this kind have it, and only where --exit-code asks for it."""
_SECONDS = 10


def add_to(commands: Commands) -> None:
    export = command(
        commands,
        "export",
        "write what the node is set up with into files, without secrets",
        on_node(_export),
        examples="export config/",
    )
    export.add_argument("folder", metavar="DIR")
    export.add_argument(
        "--prune", action="store_true", help="remove the files of what is not on the node"
    )
    plan = command(
        commands,
        "plan",
        "check the files, and show what applying them would change",
        on_node(_plan),
        examples="plan config/\nplan config/ --exit-code --keep-secrets",
    )
    _add_common(plan)
    plan.add_argument(
        "--exit-code",
        action="store_true",
        help="end with 0 when nothing would change, 1 when something is wrong, 2 with changes",
    )
    apply = command(
        commands,
        "apply",
        "change the node as the files say, all or nothing",
        on_node(_apply),
        examples="apply config/ --yes --message 'Statuses of bugs'",
    )
    _add_common(apply)
    apply.add_argument(
        "--message", default="", help="why, for the history of rules; else that of Git's HEAD"
    )
    apply.add_argument("--yes", action="store_true", help="do not ask")
    apply.add_argument(
        "--planned",
        default="",
        metavar="EDITION",
        help="only if the node is still as a plan found it",
    )


def _add_common(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument(
        "--prune",
        action="store_true",
        help="remove from the node what is not in the files",
    )
    parser.add_argument(
        "--keep-secrets",
        action="store_true",
        help="do not look secrets up: they stay as on the node, and a plan names those it lacks",
    )
    parser.add_argument("--no-check", action="store_true", help="do not ask the trackers")


async def _export(session: Session, node: NodeClient) -> None:
    folder = Path(session.text("folder"))
    view = await node.get(CONFIGURATION)
    written = write_folder(folder, view.configuration, prune=session.flag("prune"))
    for each in written.strangers:
        session.out.warn(f"Not on the node, and left: {each}")
    for each in view.unnamed:
        session.out.warn(f"Not written, for several have this name: {each}")
    removed = f", {len(written.removed)} removed" if written.removed else ""
    session.out.answer(written, f"{len(written.files)} files written to {folder}{removed}.")


async def _plan(session: Session, node: NodeClient) -> int:
    read = _read(session)
    body = msgspec.structs.replace(_body(session, read), awaited=tuple(sorted(read.unread)))
    plan = await node.send(CONFIGURATION_PLAN, body=body)
    _show(session, read, plan)
    if plan.problems or plan.findings:
        return Ending.FAILED
    return _CHANGES if plan.changes and session.flag("exit_code") else Ending.OK


async def _apply(session: Session, node: NodeClient) -> int:
    read = _read(session)
    body = _body(session, read)
    plan = await node.send(CONFIGURATION_PLAN, body=body)
    planned = session.text("planned")
    if planned and planned != plan.edition:
        raise failed(
            "The node was set up otherwise since the plan was made.", "Plan again, and look at it."
        )
    refused = bool(plan.problems or plan.findings)
    if refused or not plan.changes:
        _show(session, read, plan)
        return Ending.FAILED if refused else Ending.OK
    if not session.out.as_json:
        _show(session, read, plan)
    if not session.flag("yes") and not session.agreed("This changes the node.", "--yes"):
        raise failed("Nothing was applied.", "Agree to it, or give --yes.")
    removed = {
        change.name: change.twins
        for change in plan.changes
        if change.kind in ("connection", "alm_connection") and change.act == "remove"
    }
    message = session.text("message") or _subject(Path(session.text("folder")))
    done = await node.send(
        CONFIGURATION_APPLY,
        body=ApplyBody(
            body.wanted,
            body.prune,
            body.check,
            edition=plan.edition,
            message=message,
            removing=removed,
        ),
    )
    versions = [f"version {number} of {name}" for name, number in sorted(done.versions.items())]
    rules = f" Rules: {', '.join(versions)}." if versions else ""
    freed = f" {done.freed} issues go on." if done.freed else ""
    if not done.applied:
        shown = Shown(read.places, done.changes, done.problems, done.findings)
        session.out.answer(done, *shown.lines())
        return Ending.FAILED
    session.out.answer(done, f"Applied.{rules}{freed}")
    return Ending.OK


def _read(session: Session) -> FolderRead:
    folder = Path(session.text("folder"))
    if not folder.is_dir():
        raise failed(f"{folder} is no folder.", f"tidegate export {folder}", Ending.USAGE)
    read = read_folder(folder, session.environ, keep_secrets=session.flag("keep_secrets"))
    if read.wrong:
        lines = [f"{each.at}: {each.message} {each.remedy}".rstrip() for each in read.wrong]
        raise failed("\n".join(lines), "Correct these lines; nothing was sent to the node.")
    if read.configuration == Configuration():
        raise failed(
            f"{folder} holds no connectors, no connections and no snippets.",
            f"Begin with tidegate export {folder}.",
            Ending.USAGE,
        )
    return read


def _body(session: Session, read: FolderRead) -> PlanBody:
    return PlanBody(
        read.configuration, prune=session.flag("prune"), check=not session.flag("no_check")
    )


def _show(session: Session, read: FolderRead, plan: ConfigurationPlan) -> None:
    shown = Shown(
        read.places,
        plan.changes,
        plan.problems,
        plan.findings,
        plan.steps,
        plan.kept,
        plan.warnings,
        plan.unchecked,
        plan.untried,
        {place: read.unread.get(place, "") for place in plan.awaited},
    )
    session.out.answer(plan, *shown.lines(), summary(plan.changes, plan.edition))


def _subject(folder: Path) -> str:
    """Of the commit that is applied, where the folder is one of Git's."""
    git = which("git")
    if git is None:
        return ""
    asked = (git, "-C", str(folder), "log", "-1", "--format=%s (%h)")
    try:
        said = subprocess.run(  # noqa: S603
            asked, capture_output=True, check=False, timeout=_SECONDS, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip()[:2_000] if said.returncode == 0 else ""
