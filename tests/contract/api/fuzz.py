"""The whole document under schemathesis: bad input and good, against a node of its own."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import requests

from tests.contract.api.house import ADMIN, House, header

APART = ("events",)
"""A stream has no end; tests of its own hold it."""
PARAMETERS = """
[parameters]
"query.cursor" = ""
"""
"""Which cursors there are only a page tells."""
KNOWN = """
"header.If-Match" = "*"
"path.connection" = "here"
"path.connector" = "left"
"path.token" = "known"
"""
"""With these every request reaches what is there; the others ask for what nobody has."""
REMOVING = ("connection_remove", "connector_remove", "token_revoke")
SETTINGS = """
# What a tracker or another node cannot answer is 502 or 503, and the document says so.
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 502, 503]
negative_data_rejection.expected-statuses = ["4xx", 502, 503]
missing_required_header.expected-statuses = [400, 401, 403, 404, 412, 413, 415, 428]
# What fits the document may be unknown, taken, or have changed since, but it is not 400.
positive_data_acceptance.expected-statuses = ["2xx", 304, 404, 409, 410, 412, 422, 502, 503]
"""
MEANING = {
    "a tracker was asked, and refused": (
        "connection_settings", "connection_settings_patch", "connector_add", "connector_change",
        "connector_patch", "alm_connector_test", "alm_connection_test", "trigger_put",
        "trigger_preview", "metadata", "projects", "connector_check", "sync",
    ),
    "the other side was asked, or its code has to be a real one": (
        "connection_accept", "connection_probe", "peer_renew", "peer_url", "invitation_reissue",
    ),
    "one field decides which others are needed": (
        "connection_initiate", "task_start", "alm_connector_create", "alm_connector_patch",
    ),
    "SD Elements answers 400 where something that is named does not exist": (
        "alm_connection_create", "alm_connection_patch", "alm_job_post",
    ),
    "a value has to be one that the trackers know": ("mapping_put", "mapping_solve"),
    "rules import it, so its name has to be one of Python's": ("snippet_put", "snippet_rollback"),
}  # fmt: skip
"""Operations that may answer 400 to what fits the document, and why no schema can tell it."""
_FIGURES = re.compile(r"^ *(?:Tested:|\d+ generated|❌ ST|Seed).*", re.MULTILINE)


class Found(msgspec.Struct, frozen=True):
    ended: int
    """0 when nothing contradicted the document."""
    said: str
    audited: int
    """Changes that the node wrote down meanwhile."""
    failed: int
    """Of the newest 500, those that ended with 500 or with no answer."""

    @property
    def figures(self) -> str:
        return "\n".join(match[0].strip() for match in _FIGURES.finditer(self.said))


def _meaning() -> str:
    names = [name for each in MEANING.values() for name in each]
    return f"""
[[operations]]
include-operation-id = {names}
checks.positive_data_acceptance.enabled = false
"""


def fuzz(
    house: House, *, examples: int, seconds: int, seed: int, phases: str, known: bool = False
) -> Found:
    settings = Path(house.config.data) / "schemathesis.toml"
    settings.write_text(PARAMETERS + (KNOWN if known else "") + SETTINGS + _meaning())
    apart = (*APART, *(REMOVING if known else ()))
    ran = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings),
            "run", f"{house.api}/openapi.json",
            "--phases", phases, "--max-examples", str(examples),
            "--max-time", str(seconds), "--seed", str(seed), "--request-timeout", "30",
            "--header", f"Authorization: Token {ADMIN}", "--no-color", "--workers", "1",
            "--generation-database", "none", "--no-shrink", "--continue-on-failure",
            *(part for name in apart for part in ("--exclude-operation-id", name)),
        ],
        capture_output=True, text=True, check=False, timeout=seconds + 300,
        cwd=Path(house.config.data),
    )  # fmt: skip
    entries = requests.get(f"{house.api}/audit?page_size=500", headers=header(ADMIN)).json()
    bad = [entry for entry in entries["results"] if entry.get("status", 0) in (0, 500)]
    return Found(ran.returncode, ran.stdout + ran.stderr, entries["count"], len(bad))
