"""People by name or e-mail. Services keeps identities on another host than work items."""

from adapters.azure_devops import wire
from adapters.azure_devops.client import AzureDevOpsClient, Call
from schemas.values import User


async def find_users(client: AzureDevOpsClient, query: str) -> tuple[User, ...]:
    return tuple(_user(one) for one in await find_identities(client, query))


async def find_identities(client: AzureDevOpsClient, query: str) -> tuple[wire.FoundIdentity, ...]:
    """Without groups."""
    if not query.strip():
        return ()
    call = Call(
        what="find users",
        path="/_apis/identities",
        query={"searchFilter": "General", "filterValue": query.strip(), "queryMembership": "None"},
    )
    found = await client.find_people(call, wire.identities)
    return tuple(one for one in found.value if not one.is_container)


def name_of(found: wire.FoundIdentity) -> str:
    return found.custom_display_name or found.provider_display_name


def _user(found: wire.FoundIdentity) -> User:
    account = _property(found, "Account")
    mail = _property(found, "Mail") or (account if "@" in account else "")
    return User(name=name_of(found), email=mail, id=account or found.id)


def _property(found: wire.FoundIdentity, name: str) -> str:
    held = found.properties.get(name)
    value = held.get("$value") if isinstance(held, dict) else held
    return value if isinstance(value, str) else ""
