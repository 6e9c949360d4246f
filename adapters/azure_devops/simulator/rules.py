"""The rules of the process: what a save must satisfy, and what it sets by itself."""

from typing import Any

from adapters.azure_devops.simulator.process import (
    PRIORITIES,
    REASONS,
    STATES,
    TITLE_LENGTH,
    category_of,
    states_of,
)
from adapters.azure_devops.simulator.refusal import Refusal, refuse_field

PRIORITY = "Microsoft.VSTS.Common.Priority"
_RESOLVED_REASON = "Microsoft.VSTS.Common.ResolvedReason"
_RESOLVED_DATE = "Microsoft.VSTS.Common.ResolvedDate"
_CLOSED_DATE = "Microsoft.VSTS.Common.ClosedDate"
_OPEN = ("Proposed", "InProgress")


def check(fields: dict[str, Any], *, creating: bool) -> None:
    title = fields.get("System.Title")
    if not title or not title.strip():
        raise refuse_field(
            "System.Title",
            "TF401320",
            "Rule Error for field Title. Error code: Required, InvalidEmpty.",
        )
    if len(title.encode("utf-16-le")) // 2 > TITLE_LENGTH or "\n" in title:
        raise refuse_field(
            "System.Title", "TF401324", "Invalid field value for field Title: too long."
        )
    kind = fields.get("System.WorkItemType")
    if kind not in STATES:
        raise refuse_field("System.WorkItemType", "VS402323", f"Work item type {kind} is unknown.")
    names = states_of(kind)
    if fields.get("System.State") not in (names[:1] if creating else names):
        raise _unlisted("System.State", "State")
    reasons = REASONS[category_of(kind, fields["System.State"])]
    if fields.get("System.Reason") not in reasons:
        raise _unlisted("System.Reason", "Reason")
    priority = fields.get(PRIORITY)
    if priority is not None and priority not in PRIORITIES:
        raise _unlisted(PRIORITY, "Priority")


def follow(before: dict[str, Any], changed: dict[str, Any], at: str) -> dict[str, Any]:
    """What comes with a change of state: a reason, the dates, the reason of a resolution."""
    kind = str(changed.get("System.WorkItemType") or before["System.WorkItemType"])
    state = changed.get("System.State") or before["System.State"]
    category = category_of(kind, state)
    moved = state != before["System.State"]
    set_by_itself: dict[str, Any] = {}
    if moved and category and not changed.get("System.Reason"):
        set_by_itself["System.Reason"] = REASONS[category][0]
    reason = changed.get("System.Reason") or set_by_itself.get("System.Reason")
    if category == "Resolved" and reason:
        set_by_itself[_RESOLVED_REASON] = reason
    if moved and category == "Resolved":
        set_by_itself[_RESOLVED_DATE] = at
    if moved:
        set_by_itself[_CLOSED_DATE] = at if category == "Completed" else None
    if moved and category in _OPEN:
        set_by_itself |= {_RESOLVED_REASON: None, _RESOLVED_DATE: None}
    return set_by_itself


def _unlisted(field: str, label: str) -> Refusal:
    return refuse_field(
        field,
        "TF401320",
        f"Rule Error for field {label}. Error code: HasValues, LimitedToValues, InvalidListValue.",
    )
