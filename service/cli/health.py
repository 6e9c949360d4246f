"""`health`: for people and for container health checks."""

import asyncio

from schemas.health import HealthReport
from schemas.routes import HEALTH
from service.cli.ending import CommandFailed, Ending
from service.cli.node_client import open_client
from service.cli.output import facts, table
from service.cli.parsing import Commands, command
from service.cli.session import Session
from service.cli.whereabouts import whereabouts


def add_to(commands: Commands) -> None:
    command(
        commands,
        "health",
        "tell how the node is; exit code 1 when it cannot work or is not running",
        health,
        examples="health\nhealth --json --config /etc/tidegate/tidegate.toml",
    )


def health(session: Session) -> int:
    try:
        report = asyncio.run(_ask(session))
    except CommandFailed as failure:
        # Container engines know no exit codes but 0 and 1.
        raise CommandFailed(failure.problem, Ending.FAILED) from None
    _show(session, report)
    return Ending.FAILED if report.status == "fail" else Ending.OK


async def _ask(session: Session) -> HealthReport:
    place = whereabouts(session.arguments, session.environ)
    token = session.given(place.token, "--token") if place.token else ""
    async with open_client(place, token) as node:
        return await node.get(HEALTH)


def _show(session: Session, report: HealthReport) -> None:
    rows = [
        (name, each.status, _measured(each.observed_value, each.observed_unit), each.output)
        for name, checks in report.checks.items()
        for each in checks
    ]
    session.out.answer(
        report,
        facts(
            [("node", report.service_id), ("version", report.version), ("status", report.status)]
        ),
        table(("check", "status", "value", "says"), rows),
    )


def _measured(value: object, unit: str) -> str:
    return "" if value is None else f"{value} {unit}".strip()
