import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from schemas import events
from schemas.publish import DOCUMENTS, main, render
from schemas.redaction import masked, names_secret, without_user_info


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "openapi"])
def test_every_document_is_a_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(json.loads(render(name)))


def test_the_event_schema_takes_our_events_and_refuses_others() -> None:
    check = Draft202012Validator(json.loads(render("events")))
    check.validate(json.loads(events.encode(events.IssueChanged("jira", "A-1", project="A"))))
    check.validate(json.loads(events.encode(events.TwinDue("t", "c"))))
    for wrong in ({}, {"type": "issue_changed"}, {"type": "odd", "connector": "a", "issue": "b"}):
        assert not check.is_valid(wrong)


def test_all_are_written_as_files_and_one_is_printed(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["--into", str(tmp_path / "new")]) == 0
    assert {path.stem for path in (tmp_path / "new").iterdir()} == set(DOCUMENTS)
    assert main(["events"]) == 0
    assert capfdbinary.readouterr().out == render("events")


@pytest.mark.parametrize(
    "name",
    ["token", "apiToken", "PASSWORD", "client_secret", "pat", "jira_pat", "Cookie", "X-Api-Key"],
)
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", ["path", "pattern", "project_key", "key", "issue", "url", "user"])
def test_names_of_no_secret(name: str) -> None:
    assert not names_secret(name)


def test_masking_goes_deep_and_leaves_the_rest() -> None:
    shown = masked({"url": "https://u:p@h/x", "deep": [{"token": "t", "user": "ann"}], "token": ""})
    assert shown == {
        "url": "https://********@h/x",
        "deep": [{"token": "********", "user": "ann"}],
        "token": "",
    }
    assert without_user_info("mail ann@example.com") == "mail ann@example.com"
