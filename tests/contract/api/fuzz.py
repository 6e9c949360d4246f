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
KNOWN = """
[parameters]
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
"""
LEFT_OUT = "positive_data_acceptance"
"""What fits the schema may be refused for its meaning: a name that is taken, another edition."""
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


def fuzz(
    house: House, *, examples: int, seconds: int, seed: int, phases: str, known: bool = False
) -> Found:
    settings = Path(house.config.data) / "schemathesis.toml"
    settings.write_text(KNOWN + SETTINGS if known else SETTINGS)
    apart = (*APART, *(REMOVING if known else ()))
    ran = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings),
            "run", f"{house.api}/openapi.json", "--exclude-checks", LEFT_OUT,
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
