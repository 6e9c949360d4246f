"""Params of ALM connectors and connections: merged, checked, and understood."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.redaction import MASK, names_secret
from service.workers.alm import priorities, titles
from service.workers.alm.catalogue import Param, System
from service.workers.alm.scope import Scope

Params = dict[str, Any]
Problems = dict[str, list[str]]
"""By param."""

REQUIRED = "This field is required."
DERIVED = frozenset({"sde_project", "sde_application", "sde_businessunit",
                     "session_capture_socket"})  # fmt: skip
"""Told, never set: clients send back what they got."""
_ELSEWHERE = frozenset({"jira_existing_issue", "alm_parent_issue", "alm_project_version",
                        "alm_issue_label", "alm_group_label",
                        "alm_custom_lookup_fields"})  # fmt: skip
"""Of other systems or versions: clients that send every param leave them empty."""
_OLD_NAMES = {"server": "alm_server", "username": "alm_user", "password": "alm_pass",
              "token": "alm_api_token"}  # fmt: skip


Given = str | list[str] | float | bool
"""A value of a custom field, as given or as its field holds it."""


class Settings(msgspec.Struct, frozen=True):
    """What the params of a connection say."""

    system: System
    project: str
    scope: Scope
    title_format: str
    context: str
    priorities: dict[int, str]
    custom_fields: dict[str, Given]
    lookup_fields: dict[str, Given]
    """What else holds of an issue that is taken by its title."""
    duplicate: str
    """Label of issues that are taken for no task."""
    policy: str
    workflow: bool
    how_tos: bool
    done: tuple[str, ...]
    close: str
    reopen: str
    new: str
    """Of a new issue; '' leaves it to the tracker."""
    tests: bool
    """Whether tasks of the phase `testing` become tests, whose status is left alone."""
    closed: str
    """Of an issue whose task has left the scope; '' leaves it alone."""
    issue_type: str
    labels: tuple[str, ...]
    parent: str
    """Its key; its id once the tracker was asked."""
    version: str
    references: int | None
    """Under which references are kept in SD Elements; None keeps none."""
    raw: Params


def adopted(given: Mapping[str, Any]) -> Params:
    """As they are kept: older names under the present ones, what is only told left out."""
    found = {_OLD_NAMES.get(name, name): value for name, value in given.items()}
    if "bypass_cert_validation" in found:
        found["alm_validate_cert"] = not _truth(found.pop("bypass_cert_validation"))
    return {name: value for name, value in found.items() if name not in DERIVED}


def merged(known: Params, given: Params) -> Params:
    """Over the known ones; None removes one, and a masked secret stays as it is."""
    put = {name: value for name, value in given.items() if value != MASK}
    return {name: value for name, value in (known | put).items() if value is not None}


def of_connection(connector: Params, own: Params) -> Params:
    """Those of a connection win; the connector's title format is theirs under another name."""
    found = {**connector, **own}
    given = found.pop("title_format", None)
    if "alm_title_format" not in own and given is not None:
        found["alm_title_format"] = given
    return found


def check_connector(system: System, params: Params) -> Problems:
    """Of the connector alone: what a connection may still bring is not asked for."""
    found = dict(_problems(system, params))
    return {name: told for name, told in found.items() if told}


def check_connection(system: System, params: Params) -> Problems:
    """Of both together, as the sync would use them."""
    found = dict(_problems(system, params))
    if not text(system, params, "alm_project"):
        found.setdefault("alm_project", []).append(REQUIRED)
    for name in _parent_problems(system, params):
        found.setdefault("alm_parent_issue", []).append(name)
    return {name: told for name, told in found.items() if told}


def check_own(system: System, params: Params) -> Problems:
    """Of the connection alone: what belongs to the connector is refused there."""
    of_connector = {param.name for param in system.params if param.scope == "system"}
    credentials = {"alm_server", "alm_method", "alm_user", "alm_pass", "alm_api_token"}
    return {
        name: ["Set it on the connector."] for name in params if name in of_connector & credentials
    }


def _problems(system: System, params: Params) -> Iterator[tuple[str, list[str]]]:
    known = {param.name: param for param in system.params}
    for name, value in params.items():
        if name in known:
            yield name, list(_of_value(known[name], value))
        elif name not in _ELSEWHERE or _plain(value):
            yield name, [f"{system.name} has no such param."]
    for param in known.values():
        if param.required and not params.get(param.name):
            yield param.name, [REQUIRED]
    if not system.token_only and not params.get("alm_api_token"):
        yield from ((n, [REQUIRED]) for n in ("alm_user", "alm_pass") if not params.get(n))
    yield from _meant(system, params)


def _of_value(param: Param, value: Any) -> Iterator[str]:
    if isinstance(value, dict | list) and param.kind not in ("json", "checkbox"):
        yield "Not a valid string."
        return
    words = _plain(value)
    if param.longest is not None and len(words) > param.longest:
        yield f"Ensure this field has no more than {param.longest} characters."
    if param.kind == "boolean" and words.lower() not in ("true", "false", "0", "1", ""):
        yield "Must be a valid boolean."
    if param.kind == "integer" and not words.isdecimal():
        yield "A valid integer is required."
    if param.kind == "json" and words:
        yield from _of_json(param, words)
    if param.options:
        chosen = _listed(words) if param.kind == "checkbox" else [words] if words else []
        wrong = [word for word in chosen if word not in param.options]
        yield from (f'"{word}" is not a valid choice.' for word in wrong)


def _of_json(param: Param, words: str) -> Iterator[str]:
    try:
        if param.name == "alm_priority_map":
            priorities.parse(words)
        else:
            _by_name(words)
    except (ValueError, msgspec.DecodeError) as error:
        yield str(error)


def _meant(system: System, params: Params) -> Iterator[tuple[str, list[str]]]:
    """What follows from several params, or from more than their type."""
    selected = _listed(text(system, params, "selected_tasks"))
    wrong = [task for task in selected if not _is_task(task)]
    if wrong:
        yield "selected_tasks", [f"{', '.join(wrong)}: not a task such as T12."]
    if not selected:
        for name in ("alm_phases", "sde_statuses_in_scope"):
            if not _listed(text(system, params, name)):
                yield name, ["Choose at least one."]
    least = text(system, params, "sde_min_priority")
    if least.isdecimal() and not 1 <= int(least) <= 10:
        yield "sde_min_priority", ["Ensure this value is from 1 to 10."]
    for name in ("title_format", "alm_title_format"):
        if params.get(name):
            given = titles.problems(str(params[name]), str(params.get("alm_context", "x")))
            yield name, given
    if _truth(params.get("start_fresh", False)):
        yield "start_fresh", ["This would delete issues that people worked on, and is not done."]
    if not _truth(params.get("alm_validate_cert", True)):
        yield (
            "alm_validate_cert",
            ["Certificates are always checked. Let this node's system trust the authority."],
        )
    version = text(system, params, "jira_version")
    if system.id == "jira" and version[:1] not in tuple("56789") and not is_cloud(version):
        yield "jira_version", ["Versions from 5 on are supported, and 'cloud'."]
    yield from _never_empty(system, params)


def is_cloud(version: str) -> bool:
    """Jira Cloud calls its own version 1001."""
    return version.lower() == "cloud" or (version[:4].isdecimal() and int(version[:4]) >= 1000)


def _never_empty(system: System, params: Params) -> Iterator[tuple[str, list[str]]]:
    for param in system.own:
        if param.default and param.name in params and not _plain(params[param.name]):
            yield param.name, ["This field may not be blank."]


def _parent_problems(system: System, params: Params) -> Iterator[str]:
    if system.id != "rally":
        return
    task, parent = text(system, params, "rally_card_type") == "Task", params.get("alm_parent_issue")
    if task and not parent:
        yield "Tasks need a parent story."
    if not task and parent:
        yield "Stories have no parent."


def _is_task(word: str) -> bool:
    letters = word.rstrip("0123456789")
    return 0 < len(letters) < len(word) and not any(c.isdigit() for c in letters)


def text(system: System, params: Mapping[str, Any], name: str) -> str:
    """As given, or the default."""
    if name in params:
        return _plain(params[name])
    return next((param.default for param in system.params if param.name == name), "")


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return json.dumps(value)
        case list():
            return ",".join(str(item) for item in value)
        case None:
            return ""
    return str(value).strip()


def _listed(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]


def _truth(value: Any) -> bool:
    return _plain(value).lower() in ("true", "1")


def shown(
    params: Params, derived: Mapping[str, Any], *, secrets: bool, whole: bool = False
) -> Params:
    """As an answer has them: numbers and truths as such in connections (`whole`)."""
    found = dict(params)
    if whole:
        found.setdefault("alm_validate_cert", True)
        found["alm_validate_cert"] = _truth(found["alm_validate_cert"])
        for name in ("sde_min_priority", "alm_reference_context"):
            if _plain(found.get(name)).isdecimal():
                found[name] = int(_plain(found[name]))
    found |= {name: value for name, value in derived.items() if name not in found}
    return {
        name: MASK if not secrets and names_secret(name) and value else value
        for name, value in found.items()
    }


def settings_of(system: System, params: Params) -> Settings:
    """Of params that were checked."""

    def said(name: str) -> str:
        return text(system, params, name)

    least = said("sde_min_priority")
    scope = Scope(
        phases=frozenset(_listed(said("alm_phases"))),
        statuses=frozenset(_listed(said("sde_statuses_in_scope"))),
        priority=int(least) if least else 1,
        tags=frozenset(_listed(said("sde_tags_filter"))),
        verification=frozenset(_listed(said("sde_verification_filter"))),
        selected=frozenset(_listed(said("selected_tasks"))),
    )
    mapped = said("alm_priority_map")
    close, reopen, done = _statuses(system, said)
    closed = said("alm_closed_status") or close
    context = said("alm_reference_context")
    return Settings(
        system=system,
        project=said("alm_project"),
        scope=scope,
        title_format=said("alm_title_format") or said("title_format"),
        context=said("alm_context"),
        priorities=priorities.parse(mapped) if mapped else {},
        custom_fields=_by_name(said("alm_custom_fields")),
        lookup_fields=_by_name(said("alm_custom_lookup_fields")),
        duplicate=said("github_duplicate_label"),
        policy=said("conflict_policy"),
        workflow=said("alm_standard_workflow") != "false",
        how_tos=said("how_tos_in_scope") == "true",
        done=done,
        close=close,
        reopen=reopen,
        tests=system.id == "hp_alm",
        new=said("rally_new_status") or said("hp_alm_new_status"),
        closed="" if closed == "keep" else closed,
        issue_type=_issue_type(system, said),
        labels=tuple(filter(None, (said("alm_issue_label"), said("alm_group_label"),
                                   said("github_issue_label")))),
        parent=said("alm_parent_issue"),
        version=said("alm_project_version"),
        references=int(context) if context.isdecimal() else None,
        raw=params,
    )  # fmt: skip


def _by_name(words: str) -> dict[str, Given]:
    found = msgspec.json.decode(words, type=dict[str, str | list[str]]) if words else {}
    return dict(found)


def _statuses(system: System, said: Any) -> tuple[str, str, tuple[str, ...]]:
    """That which closes, that which opens again, and all that count as done."""
    match system.id:
        case "jira":
            ways = said("jira_close_transition"), said("jira_reopen_transition")
            return *ways, tuple(_listed(said("jira_done_statuses")))
        case "rally":
            done = tuple(_listed(said("rally_done_statuses")))
            return done[0], said("rally_new_status"), done
        case "hp_alm":
            done = tuple(_listed(said("hp_alm_done_statuses")))
            return said("hp_alm_close_status"), said("hp_alm_reopen_status"), done
        case "tfs":
            done = tuple(_listed(said("tfs_done_statuses")))
            return said("tfs_close_status"), said("tfs_reopen_status"), done
    return "closed", "open", ("closed",)


def _issue_type(system: System, said: Any) -> str:
    names = {"jira": "jira_issue_type", "tfs": "tfs_issue_type"}
    if system.id == "rally":
        return "Task" if said("rally_card_type") == "Task" else "User Story"
    if system.id == "hp_alm":
        return f"Requirement / {said('hp_alm_issue_type')}"
    return str(said(names[system.id])) if system.id in names else ""
