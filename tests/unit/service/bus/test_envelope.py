import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InputError
from schemas.events import IssueChanged, TwinDue
from service.bus.envelope import LIMIT, Malformed, pack, routing_key, unpack

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=255)


@given(names, names, st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_what_is_packed_unpacks_to_the_same(connector, issue, change):
    event = IssueChanged(connector=connector, issue=issue, change=change)
    assert unpack(pack(event)) == event


@given(st.binary(max_size=300))
def test_any_bytes_are_an_event_or_malformed(body):
    with contextlib.suppress(Malformed):
        assert pack(unpack(body))


@given(names)
def test_a_routing_key_fits_into_amqp(name):
    for key in (
        routing_key(IssueChanged(connector=name, issue="A")),
        routing_key(TwinDue(twin="t", connection=name)),
    ):
        assert len(key.encode()) <= 255


def test_routing_keys_name_the_connector_or_the_connection():
    assert routing_key(IssueChanged(connector="jira", issue="A")) == "issue.jira"
    assert routing_key(TwinDue(twin="t", connection="acme")) == "twin.acme"


def test_the_limit_is_exact():
    small = pack(IssueChanged(connector="c", issue="i", project="x"))
    fits = IssueChanged(connector="c", issue="i", project="x" * (LIMIT - len(small) + 1))
    assert len(pack(fits)) == LIMIT
    assert unpack(pack(fits)) == fits
    with pytest.raises(InputError):
        pack(IssueChanged(connector="c", issue="i", project=fits.project + "x"))
    with pytest.raises(Malformed, match="65537 bytes"):
        unpack(pack(fits) + b" ")
