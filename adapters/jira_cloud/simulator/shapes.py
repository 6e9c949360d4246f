"""What a simulated Jira Cloud holds, in the shape of its answers in either version of the API."""

from typing import Any

from adapters.jira.simulator import custom_fields
from adapters.jira.simulator.model import Attachment, Comment, Issue, User, Worklog
from adapters.jira.simulator.shapes import Shapes
from adapters.jira_cloud.simulator import documents
from adapters.jira_cloud.simulator.state import CloudState

_INTERNAL = "sd.public.comment"
_TEXTAREA = ":textarea"


class CloudShapes(Shapes):
    """`rest` ends with the version; version 3 has documents where 2 has wiki markup."""

    def __init__(self, url: str, rest: str, state: CloudState) -> None:
        super().__init__(url)
        self.rest = rest
        self._state = state
        self._documents = rest.endswith("/3")

    def user(self, user: User) -> dict[str, Any]:
        shaped = {
            "self": f"{self.rest}/user?accountId={user.name}",
            "accountId": user.name,
            "accountType": "atlassian",
            "displayName": user.display_name,
            "active": True,
            "timeZone": "Etc/UTC",
        }
        return shaped if self._state.hides(user) else {**shaped, "emailAddress": user.email}

    def comment(
        self, issue: Issue, comment: Comment, *, properties: bool = False
    ) -> dict[str, Any]:
        """Without properties, whoever asks: those are told by ids alone."""
        shaped = super().comment(issue, comment)
        shaped["body"] = self.text(comment.body)
        flag = comment.properties.get(_INTERNAL)
        hidden = isinstance(flag, dict) and bool(flag.get("internal"))
        if issue.project.type_key == "service_desk":
            shaped["jsdPublic"] = not hidden
        return shaped

    def with_properties(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        held = comment.properties.items()
        properties = [{"key": key, "value": value} for key, value in held]
        return {**self.comment(issue, comment), "properties": properties}

    def attachment(self, attachment: Attachment) -> dict[str, Any]:
        shaped = super().attachment(attachment)
        return {**shaped, "content": f"{self.rest}/attachment/content/{attachment.id}"}

    def worklog(self, issue: Issue, worklog: Worklog) -> dict[str, Any]:
        return {**super().worklog(issue, worklog), "comment": self.text(worklog.comment or None)}

    def custom(self, key: str, value: Any) -> Any:
        if isinstance(value, str) and custom_fields.FIELDS[key].custom.endswith(_TEXTAREA):
            return self.text(value)
        return super().custom(key, value)

    def fields(self, issue: Issue, *more: Any) -> dict[str, Any]:
        shaped = super().fields(issue, *more)
        for name in ("description", "environment"):
            shaped[name] = self.text(shaped[name])
        for key in (custom_fields.EPIC_LINK, custom_fields.RANK):
            shaped.pop(key, None)
        return shaped

    def changelog(self, issue: Issue) -> dict[str, Any]:
        """The newest first."""
        told = super().changelog(issue)
        return {**told, "histories": told["histories"][::-1]}

    def text(self, text: str | None) -> Any:
        if text is None:
            return None
        return documents.nodes(text) if self._documents else str(text)
