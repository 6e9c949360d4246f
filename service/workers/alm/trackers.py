"""ALM params as the settings of our own connector to that tracker."""

from typing import Any

from adapters import registry
from service.workers.alm.catalogue import System
from service.workers.alm.params import Params, is_cloud, text

_CLOUD = "jira-cloud"
_GITHUB_API = "api.github.com"
_AT_ONCE: dict[str, Any] = {"scan_lag": 0.0}
"""A job sees what was done just before it; what shows late is found by the next one, which looks
back over the overlap."""


def connector_of(system: System, params: Params) -> tuple[str, dict[str, Any]]:
    """The adapter's name and its settings."""
    base = _base(system, params)
    match system.id:
        case "github":
            return system.adapter, _github(system, params, base)
        case "jira":
            adapter = _jira_adapter(system, params)
            login = _cloud_login(params) if adapter == _CLOUD else _login(params)
            return adapter, {"url": base, **_AT_ONCE, **login, **_projects(params)}
        case "rally":
            workspace = text(system, params, "rally_workspace")
            return system.adapter, {
                "url": base, "workspace": workspace, **_login(params), **_projects(params),
            }  # fmt: skip
        case "hp_alm":
            return system.adapter, {
                "url": base if params.get("alm_context_root") else f"{base}/qcbin",
                "domain": text(system, params, "hp_alm_domain"),
                "project": str(params.get("alm_project") or ""),
                "entities": ["requirement", "test"],
                "test_folder": text(system, params, "hp_alm_test_plan_folder"),
                # Whether it is covered, and not whether somebody has reviewed it.
                "fields": {"status": "status"},
                **_login(params),
            }
    collection = text(system, params, "tfs_collection")
    project = params.get("alm_project")
    return system.adapter, {
        "url": f"{base}/{collection}" if collection else base,
        # A personal access token also serves as the password of any user.
        "token": str(params.get("alm_api_token") or params.get("alm_pass") or ""),
        **({"project": str(project)} if project else {}),
    }


def project_of(system: System, params: Params) -> str:
    """As the adapter names it."""
    project = text(system, params, "alm_project")
    if system.id != "github" or "/" in project or not project:
        return project
    return f"{text(system, params, 'github_repo_owner')}/{project}"


def _base(system: System, params: Params) -> str:
    method, server = text(system, params, "alm_method"), text(system, params, "alm_server")
    root = text(system, params, "alm_context_root").strip("/")
    return f"{method}://{server.strip('/')}" + (f"/{root}" if root else "")


def _github(system: System, params: Params, base: str) -> dict[str, Any]:
    server = text(system, params, "alm_server")
    project = project_of(system, params)
    found: dict[str, Any] = {
        "token": str(params.get("alm_api_token") or ""),
        # Priorities are labels of their own here, without a word before them.
        "priority_prefix": "",
        "type_prefix": "",
        **_AT_ONCE,
        **({"projects": [project]} if project else {}),
    }
    if server.lower() == _GITHUB_API:
        return found
    if not params.get("alm_context_root"):
        return {"url": base, **found}
    return {"url": base.removesuffix("/api/v3"), "api_url": base, **found}


def _jira_adapter(system: System, params: Params) -> str:
    """Jira Cloud speaks another version of the same; under an address of one's own, `jira_version`
    tells."""
    host = str(params.get("alm_server") or "").partition(":")[0].lower()
    cloud = host.endswith(".atlassian.net") or is_cloud(text(system, params, "jira_version"))
    return _CLOUD if cloud and _CLOUD in registry.names() else "jira"


def _login(params: Params) -> dict[str, str]:
    if params.get("alm_api_token"):
        return {"token": str(params["alm_api_token"])}
    return {
        "user": str(params.get("alm_user") or ""), "password": str(params.get("alm_pass") or ""),
    }  # fmt: skip


def _cloud_login(params: Params) -> dict[str, str]:
    """An API token belongs to an address; older clients give it as the password."""
    token = str(params.get("alm_api_token") or params.get("alm_pass") or "")
    email = str(params.get("alm_user") or "")
    return {"token": token, **({"email": email} if email else {})}


def _projects(params: Params) -> dict[str, Any]:
    return {"projects": [str(params["alm_project"])]} if params.get("alm_project") else {}
