"""From an invitation to a connection that is active on both nodes."""

from typing import Any

import msgspec
import pytest

from adapters.port import StageResult
from schemas.api import PageQuery
from schemas.connection_api import ConnectionAccept, ConnectionInitiate, SettingsBody
from schemas.errors import InputError, PeerError, PeerUnavailable
from schemas.invitation_api import InvitationReissue
from schemas.rule_life import RulesPut
from service.peers.invitation import from_code, to_code
from service.store import invitations
from service.workers.operations.naming import free_name
from service.workers.operations.pairing import decode_draft

PUBLIC = "https://public.example"


def invite(**changes: Any) -> ConnectionInitiate:
    known: dict[str, Any] = {
        "name": "left-right",
        "connector": "tracker",
        "local_side": "left",
        "remote_side": "right",
        "settings": SettingsBody(project="P", conflict_policy="park"),
    }
    return ConnectionInitiate(**(known | changes))


def accept(code: str, **changes: Any) -> ConnectionAccept:
    return ConnectionAccept(invitation=code, connector="tracker", **changes)


async def test_a_public_node_invites_and_the_private_one_joins(offices) -> None:
    public, private = offices
    invited = await public.operations.initiate(invite(trusted=True))
    assert (invited.connection.status, invited.connection.peer) == ("pending", "unknown")
    joined = await private.operations.accept(accept(invited.invitation, trusted=True))
    here = await public.operations.connection("left-right")
    assert (joined.status, here.status) == ("active", "active")
    assert (joined.local_side, joined.remote_side) == ("right", "left")
    assert joined.settings.conflict_policy == "park"
    assert joined.check
    assert joined.check == here.check
    assert joined.rules_version == here.rules_version == 1
    assert (joined.peer, here.peer) == ("p", "q")


async def test_a_private_node_invites_and_asks_until_the_public_one_has_joined(offices) -> None:
    public, private = offices
    invited = await private.operations.initiate(invite(destination=PUBLIC, trusted=True))
    (row,) = await private.shop.store.read(invitations.all)
    with pytest.raises((PeerError, InputError)):
        await private.pairing.ask_as_inviter(row, decode_draft(row.draft))
    waiting = await public.operations.accept(
        accept(invited.invitation, name="of-ours", trusted=True)
    )
    assert waiting.status == "pending"
    await private.pairing.ask_as_inviter(row, decode_draft(row.draft))
    assert (await private.operations.connection("left-right")).status == "active"
    assert (await public.operations.connection("of-ours")).status == "active"


async def test_an_invitation_works_once_and_not_for_its_own_node(offices) -> None:
    public, private = offices
    invited = await public.operations.initiate(invite())
    with pytest.raises(InputError, match="this very node"):
        await public.operations.accept(accept(invited.invitation))
    await private.operations.accept(accept(invited.invitation))
    with pytest.raises((InputError, PeerError)):
        await private.operations.accept(accept(invited.invitation, name="again"))
    assert len(private.shop.roster.connections) == 1


async def test_an_invitation_expires(offices) -> None:
    public, private = offices
    invited = await public.operations.initiate(invite(valid_hours=1))
    private.shop.at = invited.expires + 1
    with pytest.raises(InputError):
        await private.operations.accept(accept(invited.invitation))
    assert not private.shop.roster.connections


async def test_a_private_node_cannot_invite_into_the_blue(offices) -> None:
    _, private = offices
    with pytest.raises(InputError) as refused:
        await private.operations.initiate(invite())
    assert refused.value.remedy


async def refusal(attempt: Any) -> str:
    """What a person is told; it always says what to do next, and is nobody else's fault."""
    with pytest.raises(InputError) as refused:
        await attempt
    assert refused.value.remedy
    assert 400 <= refused.value.status < 500
    return refused.value.message


async def test_each_way_in_which_a_code_is_worthless_has_its_words(offices) -> None:
    public, private = offices
    operations = public.operations
    invited = await operations.initiate(invite())
    code = invited.invitation
    assert "mangled: group 2" in await refusal(
        private.operations.accept(accept(code[:15] + "22" + code[17:]))
    )
    assert "begin with TG1" in await refusal(private.operations.accept(accept("what?")))
    assert "this very node" in await refusal(operations.accept(accept(code)))
    script = "for the mode 'basic', not 'script'"
    assert script in await refusal(private.operations.accept(accept(code, mode="script")))
    again = await operations.reissue("left-right", InvitationReissue())
    assert "revoked" in await refusal(private.operations.accept(accept(code)))
    assert (await operations.revoke("left-right")).status == "revoked"
    assert "revoked" in await refusal(private.operations.accept(accept(again.invitation)))
    last = await operations.reissue("left-right", InvitationReissue())
    await private.operations.accept(accept(last.invitation))
    assert "accepted before" in await refusal(private.operations.accept(accept(last.invitation)))
    assert "used" in await refusal(operations.revoke("left-right"))
    assert "nothing to invite to" in await refusal(
        operations.reissue("left-right", InvitationReissue())
    )
    assert len(private.shop.roster.connections) == 1


async def test_five_wrong_tries_lock_an_invitation_until_it_is_issued_again(offices) -> None:
    public, private = offices
    invited = await public.operations.initiate(invite())
    own = from_code(invited.invitation)
    guessed = to_code(msgspec.structs.replace(own, secret=b"x" * 16))
    for _ in range(5):
        assert "not known" in await refusal(private.operations.accept(accept(guessed)))
    assert "locked" in await refusal(private.operations.accept(accept(invited.invitation)))
    shown = await public.operations.invitation("left-right")
    assert (shown.status, shown.tries) == ("locked", 5)
    assert "invitation reissue left-right" in shown.remedy
    fresh = await public.operations.reissue("left-right", InvitationReissue(1))
    joined = await private.operations.accept(accept(fresh.invitation))
    assert joined.name == "left-right"


async def test_an_expired_invitation_is_shown_as_such(offices) -> None:
    public, _ = offices
    await public.operations.initiate(invite(valid_hours=1))
    public.shop.at += 3_700_000
    (row,) = (await public.operations.invitations(PageQuery())).results
    assert (row.connection, row.role, row.status) == ("left-right", "inviter", "expired")
    assert "no invitation" not in row.remedy


async def test_a_destination_is_probed_and_then_the_only_one_that_may_accept(offices) -> None:
    public, private = offices
    for url, told in (
        ("https://nowhere.example", "Nothing answers"),
        ("https://tracker.example", "not a node"),
    ):
        assert told in await refusal(private.operations.initiate(invite(destination=url)))
    assert "This very node" in await refusal(public.operations.probe(PUBLIC))
    probed = await private.operations.probe(PUBLIC)
    assert (probed.node, probed.modes) == (public.identity.id, ("basic", "visual", "script"))
    invited = await private.operations.initiate(invite(destination=PUBLIC))
    assert from_code(invited.invitation).destination == public.identity.id
    elsewhere = msgspec.structs.replace(
        from_code(invited.invitation), destination=private.identity.id
    )
    assert "for another node" in await refusal(public.operations.accept(accept(to_code(elsewhere))))


async def test_a_name_is_made_from_the_sides_and_kept_free(offices) -> None:
    public, private = offices
    for expected in ("left-right", "left-right-2"):
        invited = await public.operations.initiate(invite(name=""))
        assert invited.connection.name == expected
        joined = await private.operations.accept(accept(invited.invitation))
        assert joined.name == expected
    long = "n" * 255
    assert (await public.operations.initiate(invite(name=long))).connection.name == long


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("a/b\n../c", "a-b-..-c"),
        ("\x00 ", "connection"),
        ("x" * 400, "x" * 247),
        ("日本", "connection"),
    ],
)
def test_another_nodes_words_become_a_plain_name(words: str, name: str) -> None:
    assert free_name(words, lambda name: False) == name


async def test_the_project_for_incoming_issues_is_looked_up_first(offices) -> None:
    public, _ = offices
    tracker = public.shop.trackers["tracker"]

    async def check(project: str = "") -> Any:
        return (StageResult("project", project == "P", f"No project {project}.", "List them."),)

    tracker.check = check
    nowhere = SettingsBody(project="Q")
    assert "'Q'" in await refusal(public.operations.initiate(invite(settings=nowhere)))
    assert not public.shop.roster.connections
    await public.operations.initiate(invite(settings=nowhere, name="unchecked", check=False))
    await public.operations.initiate(invite())


async def test_the_advanced_rules_choose_a_project_and_need_the_script_mode(offices) -> None:
    public, _ = offices
    assert "script" in (await refused_remedy(public, invite(template="advanced")))
    body = invite(
        name="here", template="advanced", mode="script", remote_connector="tracker",
        remote_settings=SettingsBody(project="P"),
    )  # fmt: skip
    await public.operations.initiate(body)
    rules = await public.operations.rules("here")
    assert "map_value(PROJECT, replica.type, default=context.project)" in rules.incoming
    assert not (await public.operations.save_rules("here", _same(rules), "ann")).findings


async def refused_remedy(office: Any, body: ConnectionInitiate) -> str:
    with pytest.raises(InputError) as refused:
        await office.operations.initiate(body)
    return refused.value.remedy


def _same(rules: Any) -> RulesPut:
    return RulesPut(rules.outgoing, rules.incoming)


async def test_a_peer_that_refuses_us_shows_as_broken_while_it_does(offices) -> None:
    public, private = offices
    invited = await public.operations.initiate(invite(trusted=True))
    await private.operations.accept(accept(invited.invitation, trusted=True))
    error = PeerError("Not authorised.", remedy="Exchange keys.")
    private.contacts.failed(public.identity.id, "push", error)
    shown = await private.operations.connection("left-right")
    assert (shown.status, shown.reason) == ("broken", "Not authorised. Exchange keys.")
    private.contacts.failed(public.identity.id, "push", PeerUnavailable("away"))
    assert (await private.operations.connection("left-right")).status == "active"
    private.contacts.failed(public.identity.id, "push", error)
    private.contacts.reached(public.identity.id, "push")
    assert (await private.operations.connection("left-right")).status == "active"
