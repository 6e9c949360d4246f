"""`invitation`: codes that were given away, by the name of the connection that they make."""

from typing import Any

from schemas.api import PageQuery
from schemas.invitation_api import InvitationReissue, InvitationView
from schemas.routes import INVITATION, INVITATION_REISSUE, INVITATION_REVOKE, INVITATIONS
from service.cli.connections import begun_text
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Session, on_node


def add_to(commands: Commands) -> None:
    invitation = group(commands, "invitation", "Invitations that were given to other sides")
    add_paging(
        command(
            invitation, "list", "list the invitations", on_node(_list), examples="invitation list"
        )
    )
    for name, summary, call in (
        ("show", "show how a connection's invitation stands", on_node(_show)),
        ("revoke", "make an invitation worthless", on_node(_revoke)),
    ):
        made = command(invitation, name, summary, call, examples=f"invitation {name} acme-globex")
        made.add_argument("connection")
    again = command(
        invitation,
        "reissue",
        "get a new code for a pending connection; the old one is worthless then",
        on_node(_reissue),
        examples="invitation reissue acme-globex --valid-hours 48",
    )
    again.add_argument("connection")
    again.add_argument("--valid-hours", type=int, default=24, metavar="N")
    again.add_argument(
        "--relay",
        default="",
        metavar="PASS",
        help="where the two sides meet at a relay: its pass once more; or @file",
    )


async def _list(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(INVITATIONS, query=query)
    rows = [
        (each.connection, each.role, each.status, moment(each.expires), each.tries, each.remedy)
        for each in page.results
    ]
    headings = ("connection", "we are", "status", "until (UTC)", "wrong tries", "next step")
    nothing = "No invitations yet: tidegate connection initiate --help"
    session.out.page(page, table(headings, rows), nothing)


async def _show(session: Session, node: NodeClient) -> None:
    shown = await node.get(INVITATION, session.text("connection"))
    session.out.answer(shown, _facts(shown))


async def _revoke(session: Session, node: NodeClient) -> None:
    revoked = await node.send(INVITATION_REVOKE, session.text("connection"))
    session.out.answer(revoked, f"The invitation of {revoked.connection} is {revoked.status}.")


async def _reissue(session: Session, node: NodeClient) -> None:
    relay = session.given(session.text("relay"), "--relay")
    body = InvitationReissue(session.number("valid_hours"), relay)
    begun = await node.send(INVITATION_REISSUE, session.text("connection"), body=body)
    session.out.answer(begun, *begun_text(begun))


def _facts(shown: InvitationView) -> Any:
    return facts(
        [
            ("connection", shown.connection),
            ("we are the", shown.role),
            ("status", shown.status),
            ("created", moment(shown.created)),
            ("until", moment(shown.expires)),
            ("wrong tries", shown.tries),
            ("next step", shown.remedy),
        ]
    )
