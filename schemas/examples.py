"""An example of each request body, by the name of its route."""

from collections.abc import Mapping
from typing import Any

_CONFIGURATION: Mapping[str, Any] = {
    "connectors": {
        "jira": {
            "system": "jira",
            "params": {"url": "https://jira.example.com", "token": "********"},
        }
    },
    "connections": {
        "acme-globex": {
            "connector": "jira",
            "local_side": "acme",
            "remote_side": "globex",
            "type": "private",
            "mode": "script",
            "settings": {
                "project": "ABC",
                "mappings": {"status": {"values": [{"there": "Doing", "here": "In Progress"}]}},
            },
            "triggers": {"bugs": {"query": "type = Bug"}},
            "rules": {"outgoing": "a", "incoming": "b"},
        }
    },
    "snippets": {"statuses": "TO_THEM = {}\n"},
    "alm_connectors": {
        "Jira of the shop": {
            "system": "jira",
            "params": {"alm_server": "jira.example.com", "alm_api_token": "********"},
        }
    },
    "alm_connections": [
        {
            "alias": "The shop",
            "project": 17,
            "connector": "Jira of the shop",
            "frequency": "daily",
            "params": {"alm_project": "SHOP"},
        }
    ],
}
EXAMPLES: Mapping[str, Any] = {
    "connector_add": {
        "name": "jira",
        "system": "jira",
        "params": {"url": "https://jira.example.com", "token": "a-personal-access-token"},
    },
    "connector_change": {"params": {"token": "a-new-one"}},
    "connector_check": {"project": "ABC"},
    "connection_initiate": {
        "name": "acme-globex",
        "connector": "jira",
        "local_side": "acme",
        "remote_side": "globex",
        "settings": {"project": "ABC", "trigger": {"project": "ABC", "labels": ["shared"]}},
    },
    "connection_accept": {"invitation": "TG1-ABC", "connector": "jira"},
    "connection_agree": {"conflict_policy": "newest", "paragraphs": ["description"]},
    "connection_confirm": {"check": "1234 5678"},
    "connection_probe": {"url": "https://sync.example.com"},
    "connection_pair_again": {"pairs": [{"local_id": "1", "remote_id": "77"}]},
    "connection_settings": {"project": "ABC", "field_policies": {"summary": "acme"}},
    "connector_patch": {"params": {"token": "a-newer-one"}},
    "connection_settings_patch": {
        "project": "OPS",
        "users": {"ann@globex.example": "ann"},
        "masks": ["credentials"],
        "answers_dry_runs": True,
    },
    "invitation_reissue": {"valid_hours": 2},
    "rules_put": {"outgoing": "a", "incoming": "b", "based_on": 1},
    "rule_draft_put": {"outgoing": "a", "incoming": "b", "message": "trying"},
    "rules_publish": {"message": "Statuses of bugs"},
    "rules_rollback": {"version": 1},
    "rules_replay": {"since": 1_767_225_600_000},
    "rules_dry_run": {"issue": "ABC-1", "ask_there": True, "wait_seconds": 10.0},
    "snippet_put": {"source": "TO_THEM = {}\n", "message": "Statuses of bugs"},
    "snippet_rollback": {"version": 1},
    "peer_renew": {"code": "TG1-ABC"},
    "peer_url": {"url": "https://sync.globex.example"},
    "mapping_put": {
        "tables": {"status": {"values": [{"there": "Doing", "here": "In Progress"}]}},
        "users": {"ann@globex.example": "ann@acme.example"},
    },
    "mapping_solve": {"field": "status", "value": "Doing", "here": "In Progress"},
    "trigger_put": {"project": "ABC", "query": "priority = High", "notes": "For ACME"},
    "trigger_preview": {"project": "ABC", "labels": ["shared"]},
    "configuration_plan": {"wanted": _CONFIGURATION},
    "configuration_apply": {
        "wanted": _CONFIGURATION,
        "edition": "3f2a",
        "message": "Statuses of bugs",
    },
    "sync": {"issue": "ABC-1", "connection": "acme-globex"},
    "errors_retry": {"connection": "acme-globex", "fault": "mapping"},
    "errors_ignore": {"connection": "acme-globex", "fault": "validation"},
    "error_retry": {"keep": "local"},
    "twin_stop": {"reason": "They keep this one to themselves."},
    "relay_pass_add": {"name": "acme", "quota": 5_000_000, "days": 9},
    "token_create": {"name": "ci", "role": "operator", "days": 90},
    "alm_connector_create": {
        "name": "GitHub of the team",
        "system": {"id": "github"},
        "params": {
            "github_repo_owner": "acme",
            "alm_api_token": "a-token",
            "alm_server": "api.github.com",
            "sde_min_priority": "7",
        },
    },
    "alm_connector_patch": {"params": {"sde_min_priority": "5"}},
    "alm_connector_test": {
        "name": "A test",
        "system": {"id": "github"},
        "params": {
            "alm_server": "api.github.com",
            "github_repo_owner": "acme",
            "alm_api_token": "a-token",
        },
    },
    "alm_connection_create": {
        "alias": "The shop",
        "connector": 1,
        "project": 1,
        "frequency": "hourly",
        "params": {"alm_project": "shop"},
    },
    "alm_connection_patch": {"frequency": "daily"},
    "alm_connection_test": {
        "alias": "A test",
        "connector": 1,
        "project": 1,
        "system": {"id": "github"},
        "params": {"alm_project": "shop"},
    },
    "alm_job_post": {"connection": 1, "automatic": False, "ready": False},
    "task_start": {"kind": "sync", "connection": "acme-globex", "issues": ["ABC-1", "ABC-2"]},
}
