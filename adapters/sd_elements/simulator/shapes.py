"""State as SD Elements' REST API v2 shows it."""

from datetime import UTC, datetime
from typing import Any

from adapters.sd_elements.simulator.model import (
    AlmConnection,
    AlmJob,
    Note,
    Phase,
    Reference,
    Status,
    Task,
    User,
)


def moment(millis: int) -> str:
    at = datetime.fromtimestamp(millis / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def person(user: User) -> dict[str, Any]:
    return {"email": user.email, "first_name": user.first_name, "last_name": user.last_name}


def status(found: Status) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "slug": found.slug,
        "meaning": found.meaning,
        "icon": "",
    }


def phase(found: Phase) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "slug": found.slug,
        "ordinal": found.ordinal,
        "active": True,
        "description": "",
        "tip": "",
    }


def project(project_id: str, name: str) -> dict[str, Any]:
    return {
        "id": int(project_id) if project_id.isdecimal() else project_id,
        "name": name,
        "slug": name.lower().replace(" ", "-"),
        "archived": False,
        "application": 1,
    }


def task(found: Task, included: frozenset[str], expanded: frozenset[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": found.id,
        "task_id": found.short,
        "url": f"/bunits/simulated/{found.project}/tasks/{found.id}/",
        "title": found.title,
        "text": found.text,
        "priority": found.priority,
        "phase": phase(found.phase) if "phase" in expanded else found.phase.id,
        "ad_hoc": found.own,
        "relevant": found.relevant,
        "accepted": found.accepted,
        "assigned_to": list(found.assigned_to),
        "updated": moment(found.updated),
        "updater": person(found.updater) if "updater" in expanded else found.updater.email,
        "verification_status": found.verification_status,
        "status": status(found.status) if "status" in expanded else found.status.id,
        "note_count": len(found.notes),
        "artifact_proxy": found.artifact_proxy,
    }
    if "tags" in included:
        shown["tags"] = list(found.tags)
    if "how_tos" in included:
        shown["how_tos"] = [{"title": title, "text": text} for title, text in found.how_tos]
    if "references" in included:
        shown["references"] = [reference(item) for item in found.references]
    return shown


def note(task_id: str, found: Note) -> dict[str, Any]:
    return {
        "id": found.id,
        "task": task_id,
        "text": found.text,
        "automatic": found.automatic,
        "updater": person(found.updater),
        "created": moment(found.created),
        "updated": moment(found.updated),
    }


def reference(found: Reference) -> dict[str, Any]:
    return {
        "id": found.id,
        "alm_connection": found.alm_connection,
        "reference": found.reference,
        "name": found.name,
        "link": found.link,
    }


def alm_connection(found: AlmConnection) -> dict[str, Any]:
    return {
        "id": int(found.id),
        "alias": found.alias,
        "system": {"id": found.system, "short_name": found.system, "name": found.system},
        "frequency": "hourly",
        "command": f"sync_{found.system}",
        "debug_mode": False,
        "params": found.params,
        "inaccessible": found.inaccessible,
        "in_progress": False,
        "connector": 1,
        "project": int(found.project),
    }


def alm_job(found: AlmJob, connection: AlmConnection) -> dict[str, Any]:
    names = ("id", "alias", "command", "frequency", "params", "project", "system")
    shown = alm_connection(connection)
    return {
        "id": int(found.id),
        "user": "alice@example.com",
        "succeeded": found.succeeded,
        "automatic": False,
        "ready": found.ready,
        "result_message": found.result_message,
        "last_run": moment(found.last_run) if found.last_run else None,
        "connection": {name: shown[name] for name in names},
    }
