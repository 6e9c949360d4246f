"""Webhooks that GitHub really sent, as npm's @octokit/webhooks-examples keeps them."""

import hashlib
import hmac
import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adapters.github.webhook import parse
from adapters.port import WebhookRequest

SECRET = "hook-secret"
PACKAGE = "@octokit/webhooks-examples"
NPM = "TIDEGATE_TEST_NPM"
OF_ISSUES = ("issues", "issue_comment")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> list[tuple[str, dict[str, Any]]]:
    """(event, payload) of github.com and every Enterprise Server in the package."""
    npm = shutil.which("npm")
    if npm is None or NPM not in os.environ:
        pytest.skip(f"{NPM} lets npm be asked for {PACKAGE}")
    folder = tmp_path_factory.mktemp("npm")
    quiet = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(
        [npm, "install", "--prefix", str(folder), *quiet, PACKAGE],
        capture_output=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        pytest.skip("npm cannot install " + PACKAGE)
    found = []
    for index in sorted((folder / "node_modules" / PACKAGE).glob("*/index.json")):
        for event in json.loads(Path(index).read_text()):
            found += [(event["name"], payload) for payload in event["examples"]]
    return found


def hook(event: str, payload: dict[str, Any]) -> WebhookRequest:
    body = json.dumps(payload).encode()
    digest = hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
    headers = {"x-github-event": event, "x-hub-signature-256": "sha256=" + digest}
    return WebhookRequest(headers, "", body)


def test_every_recorded_webhook_is_understood(recorded) -> None:
    told = Counter[str]()
    for event, payload in recorded:
        found = parse("c", SECRET, hook(event, payload))
        issue = payload.get("issue")
        if event in OF_ISSUES and "pull_request" not in issue:
            expected = f"{payload['repository']['id']}-{issue['number']}"
            assert [one.issue for one in found] == [expected], payload["action"]
            assert found[0].project == payload["repository"]["full_name"]
            assert found[0].deleted == (event == "issues" and payload["action"] == "deleted")
        elif event not in ("sub_issues", "issue_dependencies"):
            assert found == ()
        told[event] += len(found)
    print(f"{len(recorded)} recorded webhooks, {sum(told.values())} changes told")
    assert len(recorded) > 200
    assert told["issues"] > 20
    assert told["issue_comment"] > 3
