"""`tidegate token` and `tidegate audit`."""

from schemas.access import AuditEntry, TokenCreated, TokenView
from schemas.api import Page

VIEW = TokenView("ci", "operator", True, ("acme-globex",), "active", 1, "user ann", 90_000, None)


async def test_a_token_is_made_and_printed_alone_on_its_line(node, on_node):
    node.answers["token_create"] = TokenCreated(VIEW, "tgt_secret")
    result = await on_node(
        "token", "create", "ci", "--role", "operator", "--edit-alm",
        "--connection", "acme-globex", "--days", "90",
    )  # fmt: skip
    assert "tgt_secret" in result.out.splitlines()
    body = node.calls[0][2]
    assert (body.name, body.role, body.edit_alm, body.days) == ("ci", "operator", True, 90)
    assert body.connections == ("acme-globex",)
    await on_node("token", "create", "ci", "--forever")
    assert (node.calls[1][2].days, node.calls[1][2].role) == (None, "viewer")
    assert (await on_node("token", "create", "ci", "--role", "root")).code == 2


async def test_tokens_are_listed_and_revoked(node, on_node):
    node.answers |= {"tokens": Page(1, (VIEW,)), "token_revoke": (204, None)}
    shown = (await on_node("token", "list")).out
    assert "operator + edit_alm" in shown
    assert "acme-globex" in shown
    assert (await on_node("token", "revoke", "ci", "--json")).json == {"revoked": "ci"}
    assert node.calls[-1][1] == {"token": "ci"}


async def test_the_audit_log_tells_who_changed_what(node, on_node):
    entry = AuditEntry(7, 1_000, "token ci", "connector_change", "/connectors/jira", 200)
    node.answers["audit"] = Page(1, (entry,))
    shown = (await on_node("audit", "--action", "connector_change", "--caller", "token ci")).out
    assert "/connectors/jira" in shown
    assert (node.calls[0][2].action, node.calls[0][2].caller) == ("connector_change", "token ci")
