"""`simulate`: a pretended tracker, to play with."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from pkgutil import resolve_name
from typing import Any

from service.cli.ending import Ending, failed
from service.cli.parsing import NOWHERE, Commands, command, group
from service.cli.session import Session

Simulator = Callable[..., Coroutine[Any, Any, None]]
_TOKEN = "simulator-token"  # noqa: S105 - opens a pretended tracker only


def add_to(commands: Commands) -> None:
    simulators = group(commands, "simulate", "Pretended trackers to play with")
    jira = command(
        simulators,
        "jira",
        "pretend to be a Jira Data Center until stopped",
        _jira,
        examples="simulate jira --port 9001 --webhook http://127.0.0.1:8080/hooks/jira",
        place=NOWHERE,
    )
    _add_options(jira, port=9001, project="SIM")
    azure = command(
        simulators,
        "azure-devops",
        "pretend to be an Azure DevOps until stopped",
        _azure_devops,
        examples="simulate azure-devops --port 9002 --project Tidegate",
        place=NOWHERE,
    )
    _add_options(azure, port=9002, project="Tidegate")
    azure.add_argument("--webhook-user", default="", metavar="USER")
    azure.add_argument("--webhook-password", default="", metavar="PASSWORD", help="or @file")
    hub = command(
        simulators,
        "github",
        "pretend to be a GitHub until stopped",
        _github,
        examples="simulate github --port 9003 --webhook http://127.0.0.1:8080/hooks/github",
        place=NOWHERE,
    )
    _add_options(hub, port=9003, project="sim/project")
    hub.add_argument(
        "--webhook-secret", default="", metavar="SECRET", help="signs webhooks: @file or env:NAME"
    )
    rally = command(
        simulators,
        "rally",
        "pretend to be a Rally until stopped",
        _rally,
        examples="simulate rally --port 9008 --webhook http://127.0.0.1:8080/hooks/rally/SECRET",
        place=NOWHERE,
    )
    _add_options(rally, port=9008, project="Harbour")
    for name, title, port, project, call in (
        ("redmine", "a Redmine", 9004, "sim", _redmine),
        ("sd-elements", "an SD Elements", 9005, "1", _sd_elements),
    ):
        made = command(
            simulators,
            name,
            f"pretend to be {title} until stopped; it sends no webhooks",
            call,
            examples=f"simulate {name} --port {port} --project {project}",
            place=NOWHERE,
        )
        _add_options(made, port=port, project=project)


def _add_options(parser: Any, *, port: int, project: str) -> None:
    parser.add_argument("--port", type=int, default=port, help=f"{port} if not given, 0: any free")
    parser.add_argument("--host", default="127.0.0.1", help="loopback if not given")
    parser.add_argument("--project", default=project, help=f"its project ({project})")
    parser.add_argument("--webhook", metavar="URL", help="told of every change")
    parser.add_argument(
        "--token",
        default=_TOKEN,
        metavar="TOKEN",
        help=f"what a connector must show: @file or env:NAME; {_TOKEN} if not given",
    )


def _jira(session: Session) -> int:
    simulator: Simulator = resolve_name("adapters.jira.simulator:run")
    return _run(session, simulator)


def _azure_devops(session: Session) -> int:
    simulator: Simulator = resolve_name("adapters.azure_devops.simulator:run")
    password = session.given(session.text("webhook_password"), "--webhook-password")
    return _run(
        session,
        simulator,
        webhook_user=session.text("webhook_user"),
        webhook_password=password,
    )


def _github(session: Session) -> int:
    simulator: Simulator = resolve_name("adapters.github.simulator:run")
    secret = session.given(session.text("webhook_secret"), "--webhook-secret")
    return _run(session, simulator, webhook_secret=secret)


def _rally(session: Session) -> int:
    return _run(session, resolve_name("adapters.rally.simulator:run"))


def _redmine(session: Session) -> int:
    return _run(session, resolve_name("adapters.redmine.simulator:run"))


def _sd_elements(session: Session) -> int:
    return _run(session, resolve_name("adapters.sd_elements.simulator:run"))


def _run(session: Session, simulator: Simulator, **more: str) -> int:
    serving = simulator(
        session.number("port"),
        webhook=session.text("webhook") or None,
        token=session.given(session.text("token"), "--token"),
        project=session.text("project"),
        host=session.text("host"),
        announce=session.out.line,
        **more,
    )
    try:
        asyncio.run(_until_told_to_stop(serving))
    except OSError as error:
        raise failed(
            f"Cannot listen on {session.text('host')}:{session.number('port')}: {error.strerror}.",
            "Choose another --port.",
        ) from error
    return Ending.OK


async def _until_told_to_stop(serving: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(serving)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
