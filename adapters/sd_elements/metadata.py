"""What a project of SD Elements knows, for mapping and checks."""

from adapters.sd_elements.catalogue import Catalogue
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo

_PRIORITIES = tuple(Choice(str(number), str(number)) for number in range(11))


def to_metadata(project: str, catalogue: Catalogue) -> Metadata:
    statuses = tuple(Choice(status.name, status.id) for status in catalogue.statuses)
    phases = tuple(Choice(phase.name, phase.id) for phase in catalogue.phases)
    return Metadata(project, (TypeInfo(Choice("Task"), _field_infos(statuses, phases), statuses),))


def _field_infos(statuses: tuple[Choice, ...], phases: tuple[Choice, ...]) -> tuple[FieldInfo, ...]:
    return (
        FieldInfo("summary", "Title", "text", required=True),
        FieldInfo("description", "Text", "rich_text"),
        FieldInfo("status", "Status", "option", choices=statuses),
        FieldInfo("priority", "Priority", "option", choices=_PRIORITIES),
        FieldInfo("phase", "Phase", "option", choices=phases),
        FieldInfo("labels", "Tags", "labels"),
        FieldInfo("references", "References", "labels"),
        FieldInfo("type", "Type", "option", choices=(Choice("Task"),)),
        FieldInfo("assignee", "Assigned to", "user"),
        FieldInfo("verification", "Verification status", "text", writable=False),
        FieldInfo("meaning", "Meaning of the status", "text", writable=False),
    )
