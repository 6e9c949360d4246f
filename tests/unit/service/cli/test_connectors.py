"""`tidegate connector`."""

import pytest

from schemas.api import Page
from schemas.connector_api import CheckedStage, ConnectorCheck, ConnectorView

VIEW = ConnectorView(
    id="1",
    name="jira",
    system="jira",
    params={"url": "https://jira.example", "token": "********"},
    webhook_path="/hooks/jira",
    connections=2,
    created=1_760_000_000_000,
)


async def test_add_sends_text_json_files_and_variables(node, on_node, tmp_path):
    node.answers["connector_add"] = VIEW
    secret = tmp_path / "token.txt"
    secret.write_text("s3cr3t-token\n")
    result = await on_node(
        "connector", "add", "jira", "jira", "https://jira.example",
        "--param", f"token=@{secret}",
        "--param", "webhook_secret=env:HOOK",
        "--param", "page_size:=50",
        "--param", 'projects:=["WEB"]',
        environ={"HOOK": "hook-secret"},
    )  # fmt: skip
    assert result.code == 0
    [(_, _, body)] = node.calls
    assert body.params == {
        "url": "https://jira.example",
        "token": "s3cr3t-token",
        "webhook_secret": "hook-secret",
        "page_size": 50,
        "projects": ["WEB"],
    }
    assert body.check is True
    assert "/hooks/jira" in result.out
    assert "s3cr3t" not in result.out + result.err


async def test_set_changes_a_setting_and_shows_no_secret(node, on_node, tmp_path):
    node.answers["connector_change"] = VIEW
    secret = tmp_path / "token.txt"
    secret.write_text("a-fresh-token\n")
    result = await on_node("connector", "set", "jira", "--param", f"token=@{secret}")
    assert result.code == 0
    [(_, _, body)] = node.calls
    assert body.params == {"token": "a-fresh-token"}
    assert "Changed the connector jira." in result.out
    assert "a-fresh-token" not in result.out + result.err


async def test_add_asks_for_what_is_secret_and_does_not_show_it(node, on_node):
    node.answers["connector_add"] = VIEW
    asked = []

    def ask(prompt):
        asked.append(prompt)
        return "typed-secret"

    result = await on_node("connector", "add", "jira", "jira", "https://j.example", ask=ask)
    assert node.calls[0][2].params["token"] == "typed-secret"
    assert len(asked) == 1
    assert "typed-secret" not in result.out + result.err


async def test_a_secret_on_the_command_line_is_warned_of_but_never_repeated(node, on_node):
    node.answers["connector_add"] = VIEW
    result = await on_node("connector", "add", "j", "jira", "u", "--param", "token=open-secret")
    assert "token=@file" in result.err
    assert "open-secret" not in result.err


@pytest.mark.parametrize(
    ("param", "code"),
    [("token", 2), ("=x", 2), ("page_size:=[", 2), ("token=@/no/such", 1), ("token=env:NO", 1)],
)
async def test_wrong_params_are_refused_before_anything_is_sent(node, on_node, param, code):
    result = await on_node("connector", "add", "j", "jira", "--param", param)
    assert result.code == code
    assert node.calls == []


async def test_a_refusal_tells_fields_and_the_next_step(node, on_node):
    node.answers["connector_add"] = (
        400,
        {"name": ["Too long"], "params": {"token": ["Not that one."]}},
    )
    result = await on_node("connector", "add", "j", "jira", "--param", "token=env:T",
                           environ={"T": "x"})  # fmt: skip
    assert result.code == 1
    assert "name: Too long" in result.err
    assert "params.token: Not that one." in result.err
    assert "Next step: Correct these fields." in result.err


async def test_list_shows_a_table_or_the_page_as_json(node, on_node):
    node.answers["connectors"] = Page(51, (VIEW,), next="http://node/api/v2/connectors?page=2")
    shown = await on_node("connector", "list")
    assert "https://jira.example" in shown.out
    assert "--page 2" in shown.out
    as_json = await on_node("connector", "list", "--json", "--page", "3")
    assert as_json.json["results"][0]["name"] == "jira"
    assert node.calls[-1][2].page == 3


async def test_a_check_that_fails_ends_with_1_and_shows_every_stage(node, on_node):
    stages = (
        CheckedStage("server", True, "Jira answers."),
        CheckedStage("credentials", False, "Refused.", "Make a new token."),
    )
    node.answers["connector_check"] = ConnectorCheck("jira", False, stages)
    result = await on_node("connector", "check", "jira", "--project", "WEB")
    assert result.code == 1
    assert "Jira answers." in result.out
    assert "Make a new token." in result.out
    assert node.calls[0][1] == {"connector": "jira"}
    assert node.calls[0][2].project == "WEB"


async def test_names_are_quoted_into_the_path(node, on_node):
    node.answers["connector_remove"] = (204, None)
    result = await on_node("connector", "remove", "a/b ü?x", "--json")
    assert node.calls[0][1] == {"connector": "a/b ü?x"}
    assert result.json == {"removed": "a/b ü?x"}
