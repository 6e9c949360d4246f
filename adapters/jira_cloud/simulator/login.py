"""Who may call: by address and API token, or by a bearer token that a service account was given."""

import hmac
from base64 import b64encode
from uuid import uuid4

from aiohttp import web

from adapters.jira.simulator import context
from adapters.jira.simulator.model import Refused
from adapters.jira_cloud.simulator.config import CloudConfig
from adapters.jira_cloud.simulator.state import cloud
from adapters.simulation import json_reply

GATEWAY = "/ex/jira/"
FAILED = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
TOKENS: web.AppKey[dict[str, int]] = web.AppKey("tokens")
"""Bearer token -> when it ends."""


def authenticate(request: web.Request) -> bool:
    """False for a visitor, where a wrong token makes one. Raises Refused 401 where it does not."""
    config, given = cloud(request).cloud_config, request.headers.get("Authorization", "")
    if given.startswith("Bearer "):
        token = given.removeprefix("Bearer ")
        at_gateway = request.path.startswith(GATEWAY)
        good = token == config.token or request.app[TOKENS].get(token, 0) > cloud(request).clock()
        if not (good and at_gateway):
            raise Refused(401, "Unauthorized; scope does not match or the token has ended.")
        return True
    pair = b64encode(f"{config.email}:{config.token}".encode()).decode()
    if hmac.compare_digest(given.encode(), b"Basic " + pair.encode()):
        return True
    if config.anonymous_200:
        return False
    raise Refused(401, "Client must be authenticated to access this resource.", headers=FAILED)


async def grant(request: web.Request) -> web.Response:
    """What `auth.atlassian.com` does."""
    body, state = await context.body(request), cloud(request)
    config: CloudConfig = state.cloud_config
    known = (config.client_id, config.client_secret, "client_credentials")
    if (body.get("client_id"), body.get("client_secret"), body.get("grant_type")) != known:
        return json_reply({"error": "access_denied", "error_description": "Unauthorized"}, 401)
    token = uuid4().hex
    request.app[TOKENS][token] = state.clock() + config.token_lifetime * 1000
    answer = {"access_token": token, "expires_in": config.token_lifetime, "token_type": "Bearer"}
    return json_reply(answer)
