"""`tidegate connection`."""

import msgspec
import pytest

from schemas.agreement import Agreement, AgreementBody
from schemas.api import Page, Problem
from schemas.connection_api import ConnectionInitiated, ConnectionView
from schemas.mapping import FieldFlow, MappingTable
from schemas.node import ConnectionSettings, Trigger
from schemas.rule_life import RulesSaved, RulesView
from schemas.rules import Diagnostic

VIEW = ConnectionView(
    id="c1",
    name="acme-globex",
    type="private",
    mode="basic",
    status="active",
    reason="",
    local_side="acme",
    remote_side="globex",
    connector="jira",
    peer="globex-node",
    settings=ConnectionSettings(project="WEB"),
    rules_version=1,
    twins=2,
    parked=1,
    created=1,
    changed=2,
    check="tiger-lamp-42",
)
SIDES = ("--connector", "jira", "--local-side", "acme", "--remote-side", "globex")


async def test_initiate_prints_the_invitation_on_one_line(node, on_node):
    code = "TG1-" + "ABCDEF-" * 60
    node.answers["connection_initiate"] = ConnectionInitiated(VIEW, code, 1_760_000_000_000)
    result = await on_node(
        "connection", "initiate", "acme-globex", *SIDES,
        "--project", "WEB", "--trigger-project", "WEB", "--trigger-label", "shared",
        "--conflicts", "park", "--disclose", "summary", "--disclose", "status",
    )  # fmt: skip
    assert code in result.out.splitlines()
    body = node.calls[0][2]
    assert body.settings.trigger.labels == ("shared",)
    assert body.settings.disclosed == ("summary", "status")
    assert body.settings.conflict_policy == "park"
    assert body.remote_settings is None


async def test_initiate_a_local_connection(node, on_node):
    node.answers["connection_initiate"] = ConnectionInitiated(VIEW, "", None)
    result = await on_node(
        "connection", "initiate", "here", *SIDES,
        "--remote-connector", "boards", "--remote-project", "Tidegate",
    )  # fmt: skip
    assert node.calls[0][2].remote_settings.project == "Tidegate"
    assert "is active" in result.out


async def test_a_trigger_without_a_project_is_wrong_usage(node, on_node):
    result = await on_node("connection", "initiate", "x", *SIDES, "--trigger-type", "Bug")
    assert result.code == 2
    assert "--trigger-project" in result.err
    assert node.calls == []


@pytest.mark.parametrize("way", ["argument", "file", "stdin"])
async def test_accept_takes_the_code_from_anywhere(node, on_node, tmp_path, way):
    node.answers["connection_accept"] = VIEW
    file = tmp_path / "code"
    file.write_text("TG1-ABC\n")
    given = {"argument": "TG1-ABC", "file": f"@{file}", "stdin": "-"}[way]
    result = await on_node("connection", "accept", given, "--connector", "jira", stdin=" TG1-ABC\n")
    assert node.calls[0][2].invitation == "TG1-ABC"
    assert "tiger-lamp-42" in result.out


async def test_list_and_show(node, on_node):
    node.answers |= {"connections": Page(1, (VIEW,)), "connection": VIEW}
    assert "acme - globex" in (await on_node("connection", "list")).out
    shown = (await on_node("connection", "show", "acme-globex")).out
    assert "2 issues, of which 1 wait for a person" in shown
    assert (await on_node("--json", "connection", "show", "x")).json["check"] == "tiger-lamp-42"


async def test_set_changes_what_is_given_and_keeps_the_rest(node, on_node):
    settings = ConnectionSettings(
        project="WEB",
        issue_type="Bug",
        trigger=Trigger("WEB", ("Bug",), ("shared",)),
        conflict_policy="park",
        disclosed=("summary",),
        users={"bob@there.example": "u2"},
        default_user="u9",
        attachment_limit=5,
        field_policies={"summary": "acme"},
        masks=("credentials",),
        mappings={"status": MappingTable(unmapped="keep")},
        flow={"status": FieldFlow("in")},
        paragraphs=("*",),
        poll_seconds=4.0,
        record_hours=3,
        record_megabytes=2,
        answers_dry_runs=True,
    )
    told = msgspec.to_builtins(settings)
    assert set(told) == set(ConnectionSettings.__struct_fields__), "a setting that may be lost"
    node.answers["connection"] = msgspec.structs.replace(VIEW, settings=settings)
    node.answers["connection_settings"] = VIEW
    await on_node("connection", "set", "acme-globex", "--project", "OPS")
    sent = node.calls[-1][2]
    assert msgspec.to_builtins(sent) == msgspec.to_builtins(settings) | {"project": "OPS"}
    await on_node("connection", "set", "acme-globex", "--mask", "credentials", "--mask", "K-[0-9]")
    assert node.calls[-1][2].masks == ("credentials", "K-[0-9]")
    await on_node("connection", "set", "acme-globex", "--mask", "")
    assert node.calls[-1][2].masks == ()
    await on_node("connection", "set", "acme-globex", "--answers-dry-runs", "no")
    assert node.calls[-1][2].answers_dry_runs is False
    limits = ("--attachment-limit", "0", "--poll-seconds", "7.5")
    await on_node("connection", "set", "acme-globex", *limits)
    assert (node.calls[-1][2].attachment_limit, node.calls[-1][2].poll_seconds) == (0, 7.5)
    await on_node(
        "connection", "set", "acme-globex", "--mask", "key-[0-9]+", "--mask", "credentials"
    )
    assert node.calls[-1][2].masks == ("key-[0-9]+", "credentials")
    people = ("--user", "Ann Lee=ann@here.example", "--user", "bob@there.example=")
    await on_node("connection", "set", "acme-globex", *people)
    assert node.calls[-1][2].users == {"Ann Lee": "ann@here.example"}
    assert node.calls[-1][2].default_user == "u9"
    await on_node("connection", "set", "acme-globex", "--no-trigger")
    assert node.calls[-1][2].trigger is None
    await on_node("connection", "set", "acme-globex", "--trigger-project", "NEW")
    assert node.calls[-1][2].trigger.project == "NEW"
    assert node.calls[-1][2].trigger.labels == ()


@pytest.mark.parametrize("act", ["pause", "resume"])
async def test_pause_and_resume_name_the_connection(node, on_node, act):
    node.answers[f"connection_{act}"] = VIEW
    await on_node("connection", act, "acme-globex")
    assert node.calls == [(f"connection_{act}", {"connection": "acme-globex"}, None)]


async def test_rules_are_shown_and_written_to_files(node, on_node, tmp_path):
    node.answers["rules"] = RulesView(3, "def outgoing(): [x]", "def incoming(): ...")
    assert "def outgoing(): [x]" in (await on_node("connection", "rules", "a")).out
    folder = tmp_path / "rules"
    await on_node("connection", "rules", "a", "--save-to", str(folder))
    assert (folder / "incoming.py").read_text() == "def incoming(): ..."


async def test_one_saved_rule_keeps_the_other_and_tells_what_it_was_based_on(
    node, on_node, tmp_path
):
    node.answers |= {"rules": RulesView(3, "old out", "old in"), "rules_put": RulesSaved(4)}
    file = tmp_path / "outgoing.py"
    file.write_text("new out")
    result = await on_node("connection", "rules", "a", "--outgoing", str(file), "--message", "why")
    body = node.calls[-1][2]
    assert (body.outgoing, body.incoming, body.based_on) == ("new out", "old in", 3)
    assert "version 4" in result.out


async def test_findings_of_the_node_stand_under_their_line(node, on_node, tmp_path):
    finding = Diagnostic("outgoing.py", 2, 5, "unknown name", "    retrun 1", 11)
    node.answers |= {
        "rules": RulesView(3, "", ""),
        "rules_put": (422, RulesSaved(None, (finding,))),
    }
    file = tmp_path / "o.py"
    file.write_text("x")
    result = await on_node("connection", "rules", "a", "--outgoing", str(file))
    assert result.code == 1
    assert result.out.splitlines() == [
        "outgoing.py:2:5: unknown name",
        "        retrun 1",
        "        ^^^^^^",
    ]
    as_json = await on_node("connection", "rules", "a", "--outgoing", str(file), "--json")
    assert msgspec.convert(as_json.json, RulesSaved).findings == (finding,)


async def test_a_refused_save_is_an_error_of_its_own(node, on_node, tmp_path):
    node.answers |= {
        "rules": RulesView(3, "", ""),
        "rules_put": (422, Problem("Rules of a basic connection are fixed.", "Use mode script.")),
    }
    file = tmp_path / "o.py"
    file.write_text("x")
    result = await on_node("connection", "rules", "a", "--outgoing", str(file), "--json")
    assert result.code == 1
    assert result.out == ""
    assert result.error["remedy"] == "Use mode script."


WISHED = Agreement("park", {"priority": "acme"}, ("description",))


async def test_the_other_sides_wish_is_shown_with_the_next_step_and_accepted(node, on_node):
    view = msgspec.structs.replace(VIEW, wish_there=WISHED)
    node.answers |= {"connection": view, "connection_agree": VIEW}
    shown = (await on_node("connection", "show", "acme-globex")).out
    assert "park; priority: acme; by paragraphs: description" in shown
    assert "connection agree acme-globex --accept" in shown
    assert "Both agree" in (await on_node("connection", "agree", "acme-globex", "--accept")).out
    assert node.calls[-1][2] == AgreementBody("park", {"priority": "acme"}, ("description",))


async def test_a_wish_changes_what_is_given_and_keeps_the_rest(node, on_node):
    now = ConnectionSettings(field_policies={"status": "acme"}, paragraphs=("*",))
    node.answers["connection"] = msgspec.structs.replace(VIEW, settings=now)
    node.answers["connection_agree"] = msgspec.structs.replace(VIEW, wish_here=WISHED)
    given = ("--conflicts", "park", "--field", "priority=acme", "--field", "status=")
    result = await on_node("connection", "agree", "acme-globex", *given)
    assert "until it agrees, the old holds" in result.out
    assert node.calls[-1][2] == AgreementBody("park", {"priority": "acme"}, ("*",))
    await on_node("connection", "agree", "acme-globex", "--paragraphs")
    assert node.calls[-1][2].paragraphs == ()
    assert (await on_node("connection", "agree", "acme-globex", "--field", "x")).code == 2
    assert (await on_node("connection", "agree", "acme-globex", "--accept")).code == 1
