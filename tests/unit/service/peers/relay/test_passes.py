import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InputError
from service.peers.relay.passes import (
    RelayPass,
    join_key,
    kept_join_key,
    kept_secret,
    new_pass,
    pass_from_code,
    pass_to_code,
)

NODE = "a" * 26


def test_a_pass_survives_mail_and_keyboards() -> None:
    made = new_pass(NODE, "https://relay.example", os.urandom)
    code = pass_to_code(made)
    assert code.startswith("RP1-")
    assert pass_from_code(code) == made
    assert pass_from_code(f"> {code.lower()[:30]}\n> {code.lower()[30:]} ") == made


@pytest.mark.parametrize("code", ["", "RP1", "TG1-ABC", "hello", "RP1-AAAAAA-AAAAAA", "RP1-ÄÖÜ"])
def test_what_is_no_pass_is_named_so(code: str) -> None:
    with pytest.raises(InputError, match="not a relay pass") as refused:
        pass_from_code(code)
    assert refused.value.remedy


@given(st.integers(0, 400), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_one_wrong_letter_is_noticed(at: int, letter: str) -> None:
    made = RelayPass("aaaaaaaaaaaaa", NODE, b"s" * 16, "https://relay.example")
    code = pass_to_code(made)
    at = 4 + at % (len(code) - 4)
    if code[at] in ("-", letter):
        return
    with pytest.raises(InputError):
        pass_from_code(code[:at] + letter + code[at + 1 :])


def test_no_secret_is_shown_or_kept() -> None:
    made = RelayPass("a" * 13, NODE, b"canary-canary-16", "https://relay.example")
    assert "canary" not in repr(made)
    assert b"canary" not in kept_secret(made.secret)


def test_the_join_key_belongs_to_one_channel_and_tells_nothing_of_the_invitation() -> None:
    keys = {join_key("c1", b"s" * 16), join_key("c2", b"s" * 16), join_key("c1", b"t" * 16)}
    assert len(keys) == 3
    assert kept_join_key(join_key("c1", b"s" * 16)) not in keys
