"""The documentation page "ALM Connections" of SD Elements, its requests and answers as data."""

from typing import Any

GITHUB_PARAMS: dict[str, Any] = {
    "github_repo_owner": "repo owner",
    "sde_verification_filter": "none,partial,pass,fail",
    "alm_api_token": "token",
    "title_format": "$task_id $title",
    "alm_method": "https",
    "alm_server": "api.github.com",
    "github_duplicate_label": "duplicate",
    "alm_phases": "requirements,architecture-design,development",
    "sde_statuses_in_scope": "TODO",
    "conflict_policy": "alm",
    "sde_min_priority": "7",
}
GITHUB_SYSTEM = {"id": "github", "short_name": "GitHub", "name": "GitHub"}
GITHUB_CONNECTOR = {
    "id": 1,
    "name": "GitHub Example Connector",
    "system": GITHUB_SYSTEM,
    "inaccessible": False,
    "params": GITHUB_PARAMS,
}
GITHUB_CREATE = {
    "name": "GitHub Example Connector",
    "system": {"id": "github"},
    "inaccessible": False,
    "params": GITHUB_PARAMS,
}
JIRA_CONNECTOR: dict[str, Any] = {
    "id": 2,
    "name": "JIRA Example Connector",
    "system": {"id": "jira", "short_name": "JIRA", "name": "JIRA"},
    "inaccessible": False,
    "params": {
        "sde_verification_filter": "none,partial,pass,fail",
        "jira_version": "5",
        "title_format": "$task_id $title",
        "alm_method": "https",
        "alm_server": "my-company.atlassian.net",
        "alm_user": "user",
        "alm_pass": "pass",
        "alm_phases": "requirements,architecture-design,development",
        "sde_statuses_in_scope": "TODO",
        "conflict_policy": "alm",
        "sde_min_priority": "7",
    },
}
CONNECTORS = {"results": [GITHUB_CONNECTOR, JIRA_CONNECTOR]}

PATCHED_PARAMS = GITHUB_PARAMS | {
    "github_repo_owner": "new repo owner",
    "alm_api_token": "new token",
    "sde_min_priority": "5",
}
GITHUB_PATCH = {
    "name": "GitHub Connector PATCH Example",
    "system": {"id": "github"},
    "inaccessible": False,
    "params": PATCHED_PARAMS,
}
GITHUB_PATCHED = {
    "id": 12,
    "name": "GitHub Connector PATCH Example",
    "system": GITHUB_SYSTEM,
    "inaccessible": False,
    "params": PATCHED_PARAMS,
}
CONNECTOR_TEST: dict[str, Any] = {
    "name": "ALM Test",
    "system": {"id": "github"},
    "params": {
        "alm_server": "api.github.com",
        "github_repo_owner": "repo owner",
        "alm_api_token": "42",
        "alm_validate_cert": True,
    },
}
SUCCESS = {"success": True}

RALLY_PARAMS = {
    "sde_project": "Demo Project",
    "alm_user": "rally_user",
    "sde_verification_filter": "none,partial,pass,fail",
    "rally_workspace": "Rally Workspace",
    "alm_method": "https",
    "alm_validate_cert": True,
    "alm_title_format": "$task_id $title",
    "alm_server": "rally1.rallydev.com",
    "sde_businessunit": "General",
    "sde_application": "Demo Application",
    "alm_project": "Rally Project",
    "alm_pass": "rally_password",
    "alm_phases": "requirements,architecture-design,development",
    "sde_statuses_in_scope": "TODO",
    "conflict_policy": "alm",
    "sde_min_priority": 7,
    "alm_reference_context": 14,
}
RALLY_LISTED = {
    "id": 1,
    "alias": "Rally Integration",
    "system": {
        "id": "rally",
        "short_name": "CA Agile Central",
        "name": "CA Agile Central (formerly Rally)",
    },
    "frequency": "manually",
    "command": "sync_rally",
    "debug_mode": False,
    "params": RALLY_PARAMS,
    "inaccessible": False,
    "in_progress": False,
    "connector": 2,
    "project": 1,
}
LAST_JOB = {
    "succeeded": False,
    "last_run": "2016-12-15T22:45:27.412Z",
    "result_message": "Error Message",
    "user": 1,
    "ready": True,
    "automatic": False,
    "id": 4,
}
RALLY_WITH_JOB = {
    **{name: value for name, value in RALLY_LISTED.items() if name != "in_progress"},
    "last_job": LAST_JOB,
    "in_progress": False,
    "project": 2,
}
RALLY_ONE = {
    **{name: value for name, value in RALLY_LISTED.items() if name != "in_progress"},
    "system": {"id": "rally", "name": "Rally"},
    "project": 2,
}

CREATE = {
    "alias": "Example Connection",
    "connector": 1,
    "debug_mode": True,
    "project": 1,
    "frequency": "hourly",
    "params": {"alm_project": "Example Project", "alm_parent_issue": "Parent"},
}
JIRA_PARAMS = {
    "sde_project": "Project 1",
    "alm_user": "Sindy",
    "sde_verification_filter": "none,partial,pass,fail",
    "jira_version": "5",
    "alm_method": "https",
    "alm_validate_cert": True,
    "alm_title_format": "$task_id $title",
    "alm_server": "bugs.server.co",
    "sde_businessunit": "BU",
    "sde_application": "Finance App",
    "alm_project": "Example Project",
    "alm_pass": "id",
    "alm_parent_issue": "Parent",
    "alm_phases": "requirements,architecture-design,development",
    "sde_statuses_in_scope": "TODO",
    "conflict_policy": "alm",
    "sde_min_priority": 7,
    "alm_reference_context": 5,
}
CREATED = {
    "id": 5,
    "alias": "Example Connection",
    "system": {"id": "jira", "name": "JIRA", "short_name": "JIRA"},
    "frequency": "hourly",
    "command": "sync_jira",
    "debug_mode": True,
    "params": JIRA_PARAMS | {"session_capture_socket": "/doc/sde/sdetools_session_capture.sock"},
    "inaccessible": False,
    "connector": 1,
    "project": 1,
}
PATCH = {
    "alias": "Example Connection Updated Name",
    "connector": 1,
    "project": 1,
    "frequency": "manually",
    "params": {"alm_project": "Project Name"},
}
PATCHED = {
    "id": 5,
    "alias": "Example Connection Updated Name",
    "system": {"id": "jira", "name": "JIRA"},
    "frequency": "manually",
    "command": "sync_jira",
    "debug_mode": False,
    "params": JIRA_PARAMS | {"alm_project": "Project Name"},
    "inaccessible": False,
    "connector": 1,
    "project": 1,
}
CONNECTION_TEST: dict[str, Any] = {
    "connector": 2,
    "alias": "ALM Test",
    "project": 2,
    "system": {"id": "rally"},
    "params": {
        "alm_server": "server.rallydev.com",
        "alm_user": "username",
        "alm_pass": "password",
        "alm_project": "rally_project",
        "alm_validate_cert": True,
    },
}
