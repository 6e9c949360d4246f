"""`token` and `audit`: who may use the management API over TCP, and what was changed by it."""

from rich.text import Text

from schemas.access import RANKS, AuditQuery, TokenCreate, TokenView
from schemas.api import PageQuery
from schemas.node_routes import AUDIT, TOKEN, TOKEN_CREATE, TOKEN_REVOKE, TOKENS
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.parsing import Commands, add_long_paging, add_paging, command, group
from service.cli.session import Session, on_node

_HEADINGS = ("name", "role", "for", "status", "expires (UTC)", "last used (UTC)")


def add_to(commands: Commands) -> None:
    token = group(commands, "token", "Who may use the management API over TCP")
    made = command(
        token,
        "create",
        "make a token and print it, this once",
        on_node(_create),
        examples="token create ci --role operator --days 90\n"
        "token create partner --connection acme-globex --edit-alm",
    )
    made.add_argument("name")
    made.add_argument("--role", choices=tuple(RANKS), default="viewer", help="(viewer)")
    made.add_argument("--edit-alm", action="store_true", help="may edit ALM connections")
    made.add_argument(
        "--connection", action="append", metavar="NAME", help="for this one alone; may be repeated"
    )
    made.add_argument("--days", type=int, default=365, metavar="N", help="good for so long (365)")
    made.add_argument("--forever", action="store_true", help="good until it is revoked")
    add_paging(
        command(
            token,
            "list",
            "list the tokens, without their secrets",
            on_node(_list),
            examples="token list",
        )
    )
    shown = command(
        token,
        "show",
        "show a token, not its secret",
        on_node(_show),
        examples="token show ci",
    )
    shown.add_argument("name")
    revoked = command(
        token, "revoke", "refuse a token from now on", on_node(_revoke), examples="token revoke ci"
    )
    revoked.add_argument("name")
    _add_audit(commands)


def _add_audit(commands: Commands) -> None:
    audit = command(
        commands,
        "audit",
        "tell who changed what, the newest first",
        on_node(_audit),
        examples="audit --action connector_change",
    )
    audit.add_argument("--caller", default="", help="by this one only, such as 'token ci'")
    audit.add_argument("--action", default="", help="this operation only")
    add_long_paging(audit)


async def _create(session: Session, node: NodeClient) -> None:
    body = TokenCreate(
        name=session.text("name"),
        role=session.arguments.role,
        edit_alm=session.flag("edit_alm"),
        connections=session.words("connection"),
        days=None if session.flag("forever") else session.number("days"),
    )
    created = await node.send(TOKEN_CREATE, body=body)
    expires = created.view.expires
    session.out.answer(
        created,
        "Keep this token. It cannot be shown again:",
        "",
        Text(created.token),
        "",
        f"Good until {moment(expires)} UTC." if expires else "Good until it is revoked.",
    )


async def _list(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(TOKENS, query=query)
    nothing = "No tokens yet: tidegate token create --help"
    session.out.page(page, table(_HEADINGS, map(_row, page.results)), nothing)


def _row(token: TokenView) -> tuple[str, ...]:
    alm = " + edit_alm" if token.edit_alm and token.role != "admin" else ""
    return (
        token.name,
        f"{token.role}{alm}",
        ", ".join(token.connections) or "the node",
        token.status,
        moment(token.expires),
        moment(token.last_used),
    )


async def _show(session: Session, node: NodeClient) -> None:
    view = await node.get(TOKEN, session.text("name"))
    made = ("made (UTC)", f"{moment(view.created)}, by {view.created_by}")
    session.out.answer(view, facts([*zip(_HEADINGS, _row(view), strict=True), made]))


async def _revoke(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    await node.send(TOKEN_REVOKE, name)
    session.out.answer({"revoked": name}, f"Revoked the token {name}.")


async def _audit(session: Session, node: NodeClient) -> None:
    query = AuditQuery(
        page=session.number("page"),
        page_size=session.number("page_size"),
        caller=session.text("caller"),
        action=session.text("action"),
        cursor=session.text("cursor"),
    )
    page = await node.get(AUDIT, query=query)
    rows = [(moment(e.at), e.caller, e.action, e.target, e.status or "?") for e in page.results]
    headings = ("when (UTC)", "who", "what", "where", "status")
    session.out.page(page, table(headings, rows), "Nothing was changed yet.")
