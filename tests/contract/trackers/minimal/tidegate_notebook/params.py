"""The settings of one notebook connector."""

from collections.abc import Mapping

import msgspec

from schemas.errors import ConfigurationError


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str
    token: str
    projects: tuple[str, ...] = ()
    page_size: int = 100


def parse_params(raw: Mapping[str, object]) -> Params:
    try:
        params = msgspec.convert(dict(raw), Params)
    except msgspec.ValidationError as error:
        # The message tells types and the place only, never a value.
        raise ConfigurationError(
            f"A setting of the notebook connector is wrong: {error}.",
            remedy=f"Its settings are: {', '.join(Params.__struct_fields__)}.",
        ) from None
    return msgspec.structs.replace(params, url=params.url.rstrip("/"))
