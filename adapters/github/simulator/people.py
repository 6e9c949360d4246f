"""Accounts and repositories as GitHub's JSON: mostly addresses."""

import base64
from typing import Any

from adapters.github.moments import iso
from adapters.github.simulator.config import Rights
from adapters.github.simulator.model import Repository, User

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = (
    "forks",
    "forks_count",
    "open_issues",
    "open_issues_count",
    "size",
    "stargazers_count",
    "watchers",
    "watchers_count",
    "network_count",
    "subscribers_count",
)
_RANKS: tuple[Rights, ...] = ("read", "triage", "write", "admin")


def node_id(kind: str, number: int) -> str:
    return base64.b64encode(f"{kind}{number}".encode()).decode()


def user(found: User, site: str, api: str) -> dict[str, Any]:
    url = f"{api}/users/{found.login}"
    return {
        "login": found.login,
        "id": found.id,
        "node_id": node_id("User", found.id),
        "avatar_url": f"{site}/avatars/{found.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{site}/{found.login}",
        **{name: url + rest for name, rest in _USER_LINKS.items()},
        "type": found.kind,
        "site_admin": False,
    }


def profile(found: User, site: str, api: str) -> dict[str, Any]:
    return {
        **user(found, site, api),
        "user_view_type": "public",
        "name": found.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": found.email,
        "hireable": None,
        "bio": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
    }


def own_profile(found: User, site: str, api: str) -> dict[str, Any]:
    counts = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage")
    return {
        **profile(found, site, api),
        **dict.fromkeys(counts, 0),
        "user_view_type": "private",
        "collaborators": 0,
        "two_factor_authentication": True,
    }


def repository(found: Repository, rights: Rights, site: str, api: str) -> dict[str, Any]:
    url = f"{api}/repos/{found.full_name}"
    page = f"{site}/{found.full_name}"
    rank = _RANKS.index(rights)
    return {
        "id": found.id,
        "node_id": node_id("Repository", found.id),
        "name": found.name,
        "full_name": found.full_name,
        "owner": user(found.owner, site, api),
        "private": found.private,
        "html_url": page,
        "description": None,
        "fork": False,
        "url": url,
        **{name: url + rest for name, rest in _REPOSITORY_LINKS.items()},
        **dict.fromkeys(("clone_url", "svn_url", "git_url", "ssh_url"), f"{page}.git"),
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "default_branch": "main",
        **dict.fromkeys(_COUNTS, 0),
        "has_issues": found.has_issues,
        **dict.fromkeys(("has_projects", "has_wiki", "has_pages", "has_downloads"), False),
        "has_discussions": False,
        "archived": found.archived,
        "disabled": False,
        "visibility": "private" if found.private else "public",
        "pushed_at": iso(found.created),
        "created_at": iso(found.created),
        "updated_at": iso(found.created),
        "permissions": {
            "pull": True,
            "triage": rank >= 1,
            "push": rank >= 2,
            "maintain": rank >= 3,
            "admin": rank >= 3,
        },
    }
