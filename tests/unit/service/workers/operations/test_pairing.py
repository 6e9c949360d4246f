"""From an invitation to a connection that is active on both nodes."""

from typing import Any

import pytest

from schemas.api import ConnectionAccept, ConnectionInitiate, SettingsBody
from schemas.errors import InputError, PeerError
from service.store import invitations
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
