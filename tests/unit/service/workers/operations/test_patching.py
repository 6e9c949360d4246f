"""What a PATCH of a connection's settings leaves as it was."""

from typing import Any

import msgspec
import pytest

from schemas.connection_api import SettingsPatch
from schemas.errors import InputError
from schemas.mapping import MappingTable
from schemas.node import ConnectionSettings, Trigger
from service.workers.operations.patching import patched

SKIPPED = MappingTable(unmapped="skip")
SETTINGS = ConnectionSettings(
    project="WEB",
    trigger=Trigger(project="WEB"),
    field_policies={"summary": "acme"},
    users={"ann": "a", "bob": "b"},
    masks=("credentials",),
    mappings={"status": MappingTable(unmapped="keep"), "type": MappingTable()},
    default_user="nobody",
)


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({}, {}),
        ({"project": "OPS"}, {"project": "OPS"}),
        ({"trigger": None}, {"trigger": None}),
        ({"trigger": {"project": "OPS"}}, {"trigger": Trigger(project="OPS")}),
        ({"users": {"ann": None, "cy": "c"}}, {"users": {"bob": "b", "cy": "c"}}),
        ({"disclosed": ["summary"]}, {"disclosed": ("summary",)}),
        ({"masks": ["KEY-[0-9]+"]}, {"masks": ("KEY-[0-9]+",)}),
        (
            {"mappings": {"type": None, "priority": {"unmapped": "skip"}}},
            {"mappings": {"status": MappingTable(unmapped="keep"), "priority": SKIPPED}},
        ),
        ({"poll_seconds": 5}, {"poll_seconds": 5.0}),
        ({"answers_dry_runs": True}, {"answers_dry_runs": True}),
        ({"default_user": ""}, {"default_user": ""}),
    ],
)  # fmt: skip
def test_only_what_is_given_changes(given: dict[str, Any], changed: dict[str, Any]) -> None:
    body = msgspec.convert(given, SettingsPatch)
    assert patched(SETTINGS, body) == msgspec.structs.replace(SETTINGS, **changed)


def test_what_both_sides_agreed_on_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"conflict_policy": "park"}, SettingsPatch)


def test_a_mask_that_is_no_pattern_is_refused() -> None:
    with pytest.raises(InputError, match=r"\("):
        patched(SETTINGS, SettingsPatch(masks=("(",)))
