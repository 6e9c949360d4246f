"""`connection agree`: what this side wishes for conflicts, or the other side's wish accepted."""

from schemas.agreement import AgreementBody
from schemas.connection_api import ConnectionView
from schemas.routes import CONNECTION, CONNECTION_AGREE
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.parsing import Commands, command
from service.cli.session import Session, on_node

_EXAMPLES = """\
connection agree acme-globex --conflicts newest --field priority=acme --paragraphs description
connection agree acme-globex --accept"""


def add_to(connection: Commands) -> None:
    made = command(
        connection,
        "agree",
        "wish for another way to decide conflicts; it holds once both sides wish the same",
        on_node(_agree),
        examples=_EXAMPLES,
    )
    made.add_argument("name")
    made.add_argument("--accept", action="store_true", help="wish what the other side wishes")
    made.add_argument("--conflicts", default="", metavar="POLICY", help="newest, park, or a side")
    made.add_argument(
        "--field", action="append", default=[], metavar="NAME=POLICY", help="of this field"
    )
    made.add_argument("--paragraphs", nargs="*", metavar="FIELD", help="merged by paragraphs")


async def _agree(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    known = await node.get(CONNECTION, name)
    body = _accepted(known) if session.flag("accept") else _wished(session, known)
    agreed = await node.send(CONNECTION_AGREE, name, body=body)
    waits = agreed.wish_here is not None
    side = agreed.remote_side
    said = f"{side} has been told; until it agrees, the old holds." if waits else "Both agree."
    session.out.answer(agreed, said)


def _accepted(known: ConnectionView) -> AgreementBody:
    wish = known.wish_there
    if wish is None:
        raise failed(f"{known.remote_side} wishes nothing else.", "See: tidegate connection show.")
    return AgreementBody(wish.conflict_policy, wish.field_policies, wish.paragraphs)


def _wished(session: Session, known: ConnectionView) -> AgreementBody:
    """What is not given stays as it is in force."""
    now = known.settings
    fields = dict(now.field_policies)
    for pair in session.words("field"):
        field, equals, policy = pair.partition("=")
        if not (field and equals):
            raise failed(f"{pair!r} is no policy.", "Write it as NAME=POLICY.", Ending.USAGE)
        fields[field] = policy
    given = session.arguments.paragraphs
    return AgreementBody(
        session.text("conflicts") or now.conflict_policy,
        {field: policy for field, policy in fields.items() if policy},
        now.paragraphs if given is None else tuple(given),
    )
