"""What the documents say of the trackers has one form, and follows from what the adapters are."""

import re

import pytest

from adapters import overview
from adapters.registry import BUILT_IN

SECTIONS = ("Settings", "Fields", "What to know", "Webhooks", "To add something")
NEEDED = {"Settings", "What to know", "To add something"}
SYSTEM = {"name", "api", "tried_against"}
STATE = re.compile(r"done|todo|exempt: \S.*")
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)

systems = pytest.mark.parametrize("system", BUILT_IN)


def test_the_tables_are_those_of_today() -> None:
    readme = overview.README.read_text("utf-8")
    assert overview.written(readme) == readme, "run: python -m adapters.overview"


@systems
def test_all_trackers_have_the_same_points(system: str) -> None:
    of = overview.quality(system)
    assert overview.common(of) == overview.common(overview.quality("jira"))
    assert set(of["system"]) == SYSTEM
    states = {
        f"{section}.{point}": state
        for section in of
        if section != "system"
        for point, state in of[section].items()
    }
    assert [point for point, state in states.items() if not STATE.fullmatch(state)] == []


@systems
def test_points_and_manifest_agree(system: str) -> None:
    of, manifest = overview.quality(system), BUILT_IN[system].capabilities
    said = {
        "expected_version": of["issues"]["expected_version"],
        "comment_internal": of["comments"]["internal"],
        "comment_marker": of["comments"]["marker"],
        "attachment_upload": of["attachments"]["stream_up_and_down"],
        "attachment_delete": of["attachments"]["delete"],
        "worklogs": of["worklogs"]["add_edit_delete"],
        "webhooks": of["changes"]["webhook_authentication"],
    }
    assert {name: state == "done" for name, state in said.items()} == {
        name: getattr(manifest, name) for name in said
    }


@systems
def test_readmes_have_one_order(system: str) -> None:
    headings = HEADING.findall((overview.folder(system) / "README.md").read_text("utf-8"))
    known = [heading for heading in headings if heading in SECTIONS]
    assert known == [heading for heading in SECTIONS if heading in known]
    assert set(known) >= NEEDED
    assert headings[-1] == SECTIONS[-1]
