"""The example of a configuration in Git: its files are right, and its commands exist."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.cli.folder.reading import read_folder
from service.cli.program import main, parser


@pytest.fixture
def example(deploy: Path) -> Path:
    return deploy / "examples" / "git"


def commands(file: Path) -> list[list[str]]:
    """The words of each `tidegate` that the file runs."""
    lines = _scripts(yaml.safe_load(file.read_text()))
    return [shlex.split(line)[1:] for line in lines if line.startswith("tidegate ")]


def _scripts(document: Any) -> Iterator[str]:
    match document:
        case dict():
            for name, value in document.items():
                if name == "run":
                    yield value
                elif name == "script":
                    yield from value
                else:
                    yield from _scripts(value)
        case list():
            for each in document:
                yield from _scripts(each)


def told(file: Path) -> list[list[str]]:
    """The same of a guide, whose indented lines say after some blanks what a command is for."""
    lines = [line.strip() for line in file.read_text().splitlines() if line.startswith("    ")]
    parts = [part for line in lines for part in line.partition("   ")[0].split(" && ")]
    return [shlex.split(part)[1:] for part in parts if part.startswith("tidegate ")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("github-actions.yml", ["rules", "plan", "apply"]),
        ("gitlab-ci.yml", ["rules", "plan", "apply", "plan"]),
        ("README.md", ["export", "rules", "plan", "apply", "apply"]),
    ],
)
def test_each_command_and_option_exists(example: Path, name: str, expected: list[str]) -> None:
    file = example / name
    given = told(file) if name.endswith(".md") else commands(file)
    assert [words[0] for words in given] == expected
    for words in given:
        parsed = parser(words).parse_args(words)
        folder = parsed.folder if hasattr(parsed, "folder") else parsed.folders[0]
        assert (example / folder).is_dir(), words


def test_the_example_is_right_and_its_rules_pass_their_golden_files(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = read_folder(example / "config", {"JIRA_TOKEN": "t"}, keep_secrets=False)
    assert read.wrong == ()
    connection = read.configuration.connections["acme-globex"]
    assert connection.rules is not None
    assert len(connection.settings.mappings["status"].values) == 3
    assert "query" in repr(connection.triggers["shared"])
    assert main(["rules", "test", str(example / "config" / "connections")]) == 0
    assert "1 cases run, none failed." in capsys.readouterr().out


def test_ci_refers_to_each_secret_that_an_apply_needs(example: Path) -> None:
    (needed,) = [
        wrong.message for wrong in read_folder(example / "config", {}, keep_secrets=False).wrong
    ]
    assert "JIRA_TOKEN" in needed
    review = read_folder(example / "config", {}, keep_secrets=True)
    assert review.wrong == ()
    assert review.unread == {("connectors", "jira", "params", "token"): "JIRA_TOKEN"}
    for name in ("github-actions.yml", "gitlab-ci.yml"):
        text = (example / name).read_text()
        assert "JIRA_TOKEN" in text
        assert "TIDEGATE_TOKEN" in text
        for words in commands(example / name):
            plans = words[0] == "plan"
            assert ("env:TIDEGATE_PLAN_TOKEN" in words) == plans, "only an apply has an admin's"
