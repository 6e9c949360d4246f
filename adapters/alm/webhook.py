"""ALM has no webhooks: nothing that calls here is from ALM."""

from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.events import IssueChanged


def parse(request: WebhookRequest) -> tuple[IssueChanged, ...]:
    raise InputError(
        "ALM connectors take no webhooks; changes are found by scans.",
        status=401,
        remedy="Remove the webhook, or publish change events through the API instead.",
    )
