"""What the account may do: a call that needs a permission it lacks is refused as Jira does."""

import re

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.jira.simulator import context
from adapters.jira.simulator.model import Refused
from adapters.simulation import template

_VERSION = re.compile(r"^.*/rest/api/(?:2|3|latest)")
_ISSUE = "/issue/{key}"
_NEEDED = {
    ("POST", "/issue"): ("CREATE_ISSUES", "create issues in this project"),
    ("PUT", _ISSUE): ("EDIT_ISSUES", "edit issues in this project"),
    ("POST", _ISSUE + "/transitions"): ("TRANSITION_ISSUES", "move issues in this project"),
    ("POST", _ISSUE + "/comment"): ("ADD_COMMENTS", "comment on this issue"),
    ("PUT", _ISSUE + "/comment/{comment}"): ("EDIT_OWN_COMMENTS", "edit this comment"),
    ("DELETE", _ISSUE + "/comment/{comment}"): ("DELETE_OWN_COMMENTS", "delete this comment"),
    ("POST", _ISSUE + "/attachments"): ("CREATE_ATTACHMENTS", "attach files to this issue"),
    ("POST", _ISSUE + "/worklog"): ("WORK_ON_ISSUES", "associate a worklog to this issue"),
    ("POST", "/issueLink"): ("LINK_ISSUES", "link issues in this project"),
}


@web.middleware
async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
    place = _VERSION.sub("", template(request))
    permission, words = _NEEDED.get((request.method, place), ("", ""))
    if permission in context.state(request).config.permissions_denied:
        raise Refused(403, f"You do not have the permission to {words}.")
    return await handler(request)
