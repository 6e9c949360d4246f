"""The way to one Jira Cloud: the site itself, or Atlassian's gateway in front of it."""

from collections.abc import Callable

import aiohttp

from adapters.http import HttpSettings, Pause, TrackerHttp
from adapters.jira.client import JiraClient
from adapters.jira_cloud.login import AtTheDoor, Login, Tokens
from adapters.jira_cloud.params import CloudParams
from schemas.values import Millis

REST = "/rest/api/3"


def open_http(
    connector: str,
    params: CloudParams,
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
    pause: Pause,
) -> TrackerHttp:
    tokens = None
    if params.client_id:
        door = HttpSettings(connector=connector, title="Atlassian", base=params.auth_url)
        http = TrackerHttp(door, AtTheDoor(params), session, now, pause)
        tokens = Tokens(http, params, now)
    settings = params.http_settings(connector, "Jira", params.api)
    return TrackerHttp(settings, Login(params, tokens), session, now, pause)


def api_client(params: CloudParams, http: TrackerHttp) -> JiraClient:
    return JiraClient(params.url, http, REST)
