"""Whether a caller may do what it asks for: by its role, its permissions and its connections."""

from collections.abc import Mapping
from typing import Any

from schemas.access import Caller, Role
from schemas.errors import InputError
from schemas.routing import Route


def check_role(caller: Caller, route: Route[Any, Any, Any]) -> None:
    """Before anything of the request is read."""
    check_rank(caller, route.role)
    if not caller.has_permission(route.permission):
        raise _refused(f"This needs the permission {route.permission}.")


def check_rank(caller: Caller, role: Role) -> None:
    if not caller.has_role(role):
        raise _refused(f"This needs the role {role}; this token has {caller.role}.")


def check_reach(
    caller: Caller, route: Route[Any, Any, Any], path: Mapping[str, str], query: Any, body: Any
) -> None:
    """A caller of some connections alone has to name one of them. Whether another one exists, it
    is not told."""
    if caller.connections is None or route.narrow:
        return
    named = (
        path.get("connection")
        or getattr(query, "connection", "")
        or getattr(body, "connection", "")
    )
    if not named:
        raise _refused("This token is for some connections alone, and none of them is named.")
    if not caller.sees(named):
        raise _refused("This token is not for that connection.")


def _refused(why: str) -> InputError:
    return InputError(
        f"You do not have permission to perform this action. {why}",
        status=403,
        remedy="Ask an administrator for a token that may: tidegate token create",
    )
