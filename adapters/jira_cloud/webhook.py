"""Webhooks of Jira Cloud. A repeated delivery keeps its identifier, which goes to the log."""

import re

import msgspec

from adapters.jira import webhook
from adapters.jira_cloud.params import CloudParams
from adapters.port import WebhookRequest
from schemas.events import IssueChanged

_IDENTIFIER = "x-atlassian-webhook-identifier"
_PRINTABLE = re.compile(r"[\x21-\x7e]{1,255}")


def parse(connector: str, params: CloudParams, request: WebhookRequest) -> tuple[IssueChanged, ...]:
    """Raises InputError 401 for a wrong secret and 400 for a body that is no webhook of Jira."""
    told = webhook.parse(connector, params, request)
    identifier = request.headers.get(_IDENTIFIER, "")
    if not _PRINTABLE.fullmatch(identifier):
        return told
    return tuple(msgspec.structs.replace(each, change=identifier) for each in told)
