"""An example of each request body, by the name of its route."""

from collections.abc import Mapping
from typing import Any

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
    "connection_confirm": {"check": "1234 5678"},
    "connection_probe": {"url": "https://sync.example.com"},
    "connection_pair_again": {"pairs": [{"local_id": "1", "remote_id": "77"}]},
    "connection_settings": {"project": "ABC", "field_policies": {"summary": "acme"}},
    "connector_patch": {"params": {"token": "a-newer-one"}},
    "connection_settings_patch": {"project": "OPS", "users": {"ann@globex.example": "ann"}},
    "invitation_reissue": {"valid_hours": 2},
    "rules_put": {"outgoing": "a", "incoming": "b", "based_on": 1},
    "peer_renew": {"code": "TG1-ABC"},
    "peer_url": {"url": "https://sync.globex.example"},
    "trigger_put": {"project": "ABC", "query": "priority = High", "notes": "For ACME"},
    "trigger_preview": {"project": "ABC", "labels": ["shared"]},
    "sync": {"issue": "ABC-1", "connection": "acme-globex"},
    "errors_retry": {"connection": "acme-globex", "fault": "mapping"},
    "errors_ignore": {"connection": "acme-globex", "fault": "validation"},
    "error_retry": {"keep": "local"},
    "twin_stop": {"reason": "They keep this one to themselves."},
    "relay_pass_add": {"name": "acme", "quota": 5_000_000, "days": 9},
    "token_create": {"name": "ci", "role": "operator", "days": 90},
    "task_start": {"kind": "sync", "connection": "acme-globex", "issues": ["ABC-1", "ABC-2"]},
}
