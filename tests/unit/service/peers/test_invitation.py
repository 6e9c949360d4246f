import os
import random

import msgspec
import pytest

from schemas.errors import InputError
from schemas.invitation import Invitation, RelayMeeting
from service.peers.identity import NodeIdentity
from service.peers.invitation import from_code, new_invitation, to_code, verifier


@pytest.fixture
def invitation() -> Invitation:
    node = NodeIdentity.generate(random.Random(3).randbytes).id
    return new_invitation(
        node, "https://sync.example.com", expires=1_800_000_000_123, random_bytes=os.urandom
    )


def test_a_code_comes_back_whole(invitation):
    assert from_code(to_code(invitation)) == invitation
    assert len(to_code(invitation)) < 200


def test_a_private_inviter_has_a_code_without_address(invitation):
    private = new_invitation(invitation.node, "", expires=1_000, random_bytes=os.urandom)
    assert from_code(to_code(private)).url == ""


@pytest.mark.parametrize(
    "spoil",
    [
        str.lower,
        lambda c: f"  {c}\n",
        lambda c: c.replace("-", "-\r\n"),
        lambda c: c.replace("-", " – "),
        lambda c: f'"{c}"',
        lambda c: "\u200b".join(c),
        lambda c: c[:4] + c[4:].replace("O", "0").replace("I", "1").replace("B", "8"),
    ],
    ids=["lower", "blanks", "lines", "dashes", "quotes", "zero-width", "misread"],
)
def test_copying_does_not_spoil_a_code(invitation, spoil):
    assert from_code(spoil(to_code(invitation))) == invitation


def test_a_mangled_code_is_named_as_such(invitation):
    code = to_code(invitation)
    for at in range(4, len(code)):
        if code[at] == "-":
            continue
        wrong = code[:at] + ("A" if code[at] != "A" else "C") + code[at + 1 :]
        with pytest.raises(InputError, match="mangled"):
            from_code(wrong)
    for cut in (code[:-1], code[:-8], code[:30], "TG1-", code + "AAAA"):
        with pytest.raises(InputError, match="mangled") as caught:
            from_code(cut)
        assert "Copy the whole code" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "not an invitation"), ("hello", "not an invitation"), ("TG2-AAAAAA", "newer version")],
)
def test_other_text_is_told_from_a_code(text, message):
    with pytest.raises(InputError, match=message):
        from_code(text)


def test_the_secret_shows_neither_in_a_repr_nor_in_what_is_kept(invitation):
    assert str(invitation.secret) not in repr(invitation)
    assert "secret" not in f"{invitation}"
    kept = verifier(invitation.id, invitation.secret)
    assert invitation.secret not in kept
    assert kept != verifier("another", invitation.secret)


def test_the_first_wrong_group_is_named(invitation):
    groups = to_code(invitation).split("-")
    changed = [*groups]
    changed[5] = changed[5][::-1]
    with pytest.raises(InputError, match="group 5 "):
        from_code("-".join(changed))
    with pytest.raises(InputError, match="group 7 "):
        from_code("-".join(groups[:7] + groups[8:]))
    swapped = [*groups[:3], groups[4], groups[3], *groups[5:]]
    with pytest.raises(InputError, match="group 3 "):
        from_code("-".join(swapped))


def test_an_invitation_may_name_its_destination(invitation):
    other = NodeIdentity.generate(random.Random(4).randbytes).id
    bound = msgspec.structs.replace(invitation, destination=other)
    assert from_code(to_code(bound)) == bound


def test_a_relay_travels_in_the_code_and_costs_nothing_where_there_is_none() -> None:
    straight = new_invitation("a" * 26, "", expires=5_000, random_bytes=lambda size: b"r" * size)
    met = msgspec.structs.replace(
        straight, relay=RelayMeeting("https://relay.example", "b" * 24 + "aa", "c" * 32)
    )
    assert from_code(to_code(met)) == met
    assert from_code(to_code(straight)) == straight
    assert len(to_code(straight)) < len(to_code(met)) - 60
