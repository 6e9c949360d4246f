"""What an issue hangs under. In Jira Cloud every type has its parent in the same field."""

from typing import Any, ClassVar

from adapters.jira import errors
from schemas.values import Value


class CloudParents:
    FIELD: ClassVar[str] = "parent"

    async def id_of(self, key: str) -> str:
        """An issue tells its parent's id by itself; an old epic link is not asked for."""
        return key

    async def written(self, type_name: str, parent: Value) -> tuple[str, Any]:
        """Jira's field and what to write to it."""
        if parent is not None and not isinstance(parent, str):
            raise errors.refused("parent", "its value is no id of an issue")
        return self.FIELD, {"id": parent} if parent else None
