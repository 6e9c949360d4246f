"""What a simulated GitHub holds. Moments are milliseconds, shown in whole seconds."""

from typing import Any

import msgspec

from adapters import simulation


class Refused(simulation.Refused):
    """An answer in GitHub's shape of an error."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: tuple[dict[str, Any], ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        self.message = message
        self.errors = errors
        body = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        shown = {**body, "errors": errors} if errors else body
        super().__init__(status, {**shown, "status": str(status)}, headers)


class Moved(Exception):
    """The thing stands elsewhere now."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def invalid(field: str, value: object = None, code: str = "invalid", message: str = "") -> Refused:
    problem: dict[str, Any] = {"resource": "Issue", "field": field, "code": code}
    if isinstance(value, str):
        problem["value"] = value
    if message:
        problem["message"] = message
    return Refused(422, "Validation Failed", (problem,))


class User(msgspec.Struct, frozen=True):
    id: int
    login: str
    name: str
    email: str | None
    kind: str = "User"


class Milestone(msgspec.Struct):
    id: int
    number: int
    title: str
    created: int
    state: str = "open"


class Repository(msgspec.Struct):
    id: int
    owner: User
    name: str
    created: int
    next_number: int = 1
    private: bool = False
    archived: bool = False
    has_issues: bool = True
    labels: dict[str, int] = {}
    """Name -> id."""
    milestones: list[Milestone] = []
    gone: dict[int, str] = {}
    """Number -> '' when deleted, else the path to which the issue was transferred."""

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"


class Comment(msgspec.Struct):
    id: int
    body: str
    user: User
    created: int
    updated: int


class Issue(msgspec.Struct):
    id: int
    repository: Repository
    number: int
    title: str
    user: User
    created: int
    updated: int
    body: str | None = None
    state: str = "open"
    state_reason: str | None = None
    closed: int | None = None
    labels: list[str] = []
    assignees: list[User] = []
    milestone: Milestone | None = None
    type: str | None = None
    values: dict[int, Any] = {}
    """Issue field -> value."""
    parent: int | None = None
    """Id of another issue."""
    blocked_by: list[int] = []
    comments: list[Comment] = []
    pull_request: bool = False
