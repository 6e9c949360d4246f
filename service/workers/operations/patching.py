"""A connection's settings with some of them changed."""

import msgspec

from schemas.connection_api import SettingsPatch
from schemas.node import ConnectionSettings, Trigger


def patched(settings: ConnectionSettings, body: SettingsPatch) -> ConnectionSettings:
    given = {
        name: value
        for name in body.__struct_fields__
        if (value := getattr(body, name)) is not msgspec.UNSET
    }
    if isinstance(body.users, dict):
        merged = settings.users | body.users
        given["users"] = {there: here for there, here in merged.items() if here is not None}
    if given.get("trigger") is not None:
        given["trigger"] = msgspec.convert(msgspec.to_builtins(given["trigger"]), Trigger)
    return msgspec.structs.replace(settings, **given)
