"""A connection's settings with some of them changed."""

import msgspec

from schemas.connection_api import SettingsPatch
from schemas.node import ConnectionSettings, Trigger
from service.rules.masking import masks_of


def patched(settings: ConnectionSettings, body: SettingsPatch) -> ConnectionSettings:
    """Raises `InputError` for a mask that is no pattern."""
    given = {
        name: value
        for name in body.__struct_fields__
        if (value := getattr(body, name)) is not msgspec.UNSET
    }
    if isinstance(body.users, dict):
        merged = settings.users | body.users
        given["users"] = {there: here for there, here in merged.items() if here is not None}
    if isinstance(body.mappings, dict):
        tables = settings.mappings | body.mappings
        given["mappings"] = {field: table for field, table in tables.items() if table is not None}
    if isinstance(body.masks, tuple):
        masks_of(body.masks)
    if given.get("trigger") is not None:
        given["trigger"] = msgspec.convert(msgspec.to_builtins(given["trigger"]), Trigger)
    return msgspec.structs.replace(settings, **given)
