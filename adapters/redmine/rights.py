"""What the account may do: Redmine leaves out in silence what it may not."""

from adapters.redmine.client import RedmineClient
from adapters.redmine.directory import Directory

SEE_PRIVATE_NOTES = "view_private_notes"
WRITE_PRIVATE_NOTES = "set_notes_private"


class Rights:
    def __init__(self, client: RedmineClient, directory: Directory) -> None:
        self._client = client
        self._directory = directory

    async def lacking(self, project: int, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these permissions the account's roles do not give. An account that is no member
        has those of a role that cannot be asked for: nothing is sure then, so all are lacking."""
        user = await self._client.login.user()
        if user.admin:
            return ()
        held: set[str] = set()
        for membership in user.memberships:
            if membership.project is not None and membership.project.id == project:
                for role in membership.roles:
                    held |= await self._directory.permissions(role.id)
        return tuple(item for item in wanted if item not in held)
