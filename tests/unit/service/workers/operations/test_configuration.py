"""The configuration as a whole: what a plan tells, and that all of it is applied or nothing."""

from typing import Any

import msgspec
import pytest

from adapters import registry
from schemas.access import Caller, Role
from schemas.api import PageQuery
from schemas.configuration import (
    ApplyBody,
    Configuration,
    ConfigurationChange,
    ConfigurationPlan,
    PlanBody,
)
from schemas.connection_api import ConnectionAccept, ConnectionInitiate, SettingsPatch
from schemas.errors import InputError
from schemas.mapping import MappedValue, MappingTable
from schemas.redaction import MASK
from schemas.rule_life import RollbackBody
from schemas.snippets import SnippetPut
from service.store import triggers
from tests.unit.service.workers.operations.conftest import Office
from tests.unit.service.workers.operations.test_wording import Down, Telling

RULES = {
    "outgoing": "def outgoing(issue: Issue, context: Context) -> Replica | None:\n"
    "    return None\n",
    "incoming": "def incoming(replica: Replica, issue: Issue | None, context: Context)"
    " -> Wanted | None:\n    return None\n",
}
ANN = Caller("ann", "admin")
VIEWER = Caller("v", "viewer")
SECOND = {"system": "jira", "params": {"url": "https://two.example", "token": "s3cret"}}


def end(connector: str, own: str, other: str, **more: Any) -> dict[str, Any]:
    sides = {"local_side": own, "remote_side": other, "counterpart": f"{other}-end"}
    return {"connector": connector, "type": "local", "mode": "script"} | sides | more


def wanted(**changes: Any) -> dict[str, Any]:
    """Two connectors, and a local connection between them."""
    connections = {
        "left-end": end("tracker", "left", "right", settings={"project": "P"}, rules=RULES),
        "right-end": end("second", "right", "left", triggers={"all": {"project": "P"}}),
    }
    return {
        "connectors": {"tracker": {"system": "jira"}, "second": SECOND},
        "connections": connections,
    } | changes


def document(given: dict[str, Any]) -> Configuration:
    return msgspec.convert(given, Configuration)


@pytest.fixture
def office(offices: tuple[Office, Office]) -> Office:
    return offices[0]


async def apply(office: Office, given: Configuration, **more: Any) -> Any:
    configuration = office.operations.configuration
    plan = await configuration.plan(PlanBody(given, prune=more.get("prune", False)), ANN)
    body = ApplyBody(given, **({"edition": plan.edition, "message": "why"} | more))
    return await configuration.apply(body, ANN)


async def held(office: Office) -> dict[str, Any]:
    view = await office.operations.configuration.view()
    return msgspec.to_builtins(view.configuration)


async def test_connectors_and_a_local_connection_are_made_and_nothing_is_left_to_plan(
    office: Office,
) -> None:
    done = await apply(office, document(wanted()))
    assert done.applied
    assert [(c.kind, c.name, c.act) for c in done.changes] == [
        ("connector", "second", "create"),
        ("connection", "left-end", "create"),
        ("connection", "right-end", "create"),
    ]
    assert "s3cret" not in repr(done)
    assert done.versions == {"left-end": 1}
    assert office.desk.connector("second").record.params["token"] == "s3cret"
    assert await office.standing("left-end") == ("active", "")
    view = await office.operations.configuration.view()
    assert view.edition == done.edition
    assert view.configuration.connectors["second"].params["token"] == MASK
    again = await office.operations.configuration.plan(PlanBody(view.configuration), ANN)
    assert (again.changes, again.problems, again.findings) == ((), (), ())
    right = office.desk.connection("right-end")
    assert "def outgoing" in right.rules.outgoing, "the default rules"
    assert [spec.project for spec in right.triggers] == ["P"]


async def test_only_what_differs_is_changed_and_told(office: Office) -> None:
    await apply(office, document(wanted()))
    given = await held(office)
    left, right = given["connections"]["left-end"], given["connections"]["right-end"]
    left["settings"] |= {"masks": ["credentials"], "conflict_policy": "park"}
    left["settings"]["answers_dry_runs"] = True
    right["settings"] = {"conflict_policy": "park"}
    left["rules"]["outgoing"] = left["rules"]["outgoing"].replace("return None", "return  None")
    left["description"] = "Ours"
    right["triggers"] = {"other": {"project": "Q"}}
    given["connectors"]["second"]["params"]["token"] = "another"
    done = await apply(office, document(given))
    by_name = {change.name: change for change in done.changes}
    assert [(f.at[-1], f.before, f.after) for f in by_name["second"].fields] == [
        ("token", MASK, MASK)
    ]
    assert [(".".join(f.at), f.before, f.after) for f in by_name["left-end"].fields] == [
        ("description", "", "Ours"),
        ("settings.answers_dry_runs", None, True),
        ("settings.conflict_policy", None, "park"),
        ("settings.masks", None, ("credentials",)),
    ]
    assert "-    return None\n+    return  None\n" in by_name["left-end"].outgoing
    assert by_name["left-end"].incoming == ""
    assert {f.at[1] for f in by_name["right-end"].fields if f.at[0] == "triggers"} == {
        "all",
        "other",
    }
    assert done.versions == {"left-end": 2}
    live = office.desk.connection("left-end")
    assert (live.record.description, live.policy.default) == ("Ours", "park")
    assert live.record.settings.answers_dry_runs
    rows = await office.shop.store.read(
        lambda c: triggers.of_connection(c, office.desk.connection("right-end").record.id)
    )
    assert [row.name for row in rows] == ["other"]
    assert office.desk.connector("second").record.params["token"] == "another"


WRONG: list[tuple[str, dict[str, Any], tuple[str, ...], str]] = [
    (
        "no secret to keep",
        {"connectors": {"new": {"system": "jira", "params": {"token": MASK}}}},
        ("connectors", "new", "params", "token"),
        "holds no 'token'",
    ),
    (
        "another system",
        {"connectors": {"tracker": {"system": "rally"}}},
        ("connectors", "tracker", "system"),
        "that stays",
    ),
    (
        "half a local connection",
        {"connections": {"left-end": end("tracker", "left", "right")}},
        ("connections", "left-end", "counterpart"),
        "two ends",
    ),
    (
        "sides that do not fit",
        {"connections": {
            "left-end": end("tracker", "left", "right"),
            "right-end": end("tracker", "right", "middle", counterpart="left-end"),
        }},
        ("connections", "left-end"),
        "do not fit together",
    ),
    (
        "an unknown connector",
        {"connections": {
            "left-end": end("tracker", "left", "right"),
            "right-end": end("third", "right", "left"),
        }},
        ("connections", "right-end", "connector"),
        "no connector 'third'",
    ),
    (
        "rules of a fixed mode",
        {"connections": {
            "left-end": end("tracker", "left", "right", mode="basic", rules=RULES),
            "right-end": end("tracker", "right", "left", mode="basic"),
        }},
        ("connections", "left-end", "rules"),
        "are fixed",
    ),
    (
        "a flow outside visual mode",
        {"connections": {
            "left-end": end("tracker", "left", "right", settings={"flow": {"status": {}}}),
            "right-end": end("tracker", "right", "left"),
        }},
        ("connections", "left-end", "settings"),
        "visual mode",
    ),
    (
        "a mask that is no pattern",
        {"connections": {
            "left-end": end("tracker", "left", "right", settings={"masks": ["("]}),
            "right-end": end("tracker", "right", "left"),
        }},
        ("connections", "left-end", "settings"),
        "(",
    ),
    (
        "policies that differ",
        {"connections": {
            "left-end": end("tracker", "left", "right", settings={"conflict_policy": "park"}),
            "right-end": end("tracker", "right", "left"),
        }},
        ("connections", "left-end", "settings", "conflict_policy"),
        "differ",
    ),
    (
        "a table without its default",
        {"connections": {
            "left-end": end(
                "tracker", "left", "right",
                settings={"mappings": {"status": {"unmapped": "default"}}},
            ),
            "right-end": end("tracker", "right", "left"),
        }},
        ("connections", "left-end", "settings", "mappings", "status"),
        "names none",
    ),
    (
        "a trigger without a project",
        {"connections": {
            "left-end": end("tracker", "left", "right", triggers={"t": {"labels": ["x"]}}),
            "right-end": end("tracker", "right", "left"),
        }},
        ("connections", "left-end", "triggers", "t"),
        "one project",
    ),
]  # fmt: skip


async def test_what_is_wrong_has_a_place_and_keeps_all_else_from_being_applied(
    office: Office,
) -> None:
    for case, changes, place, words in WRONG:
        connectors = {"tracker": {"system": "jira"}, "good": SECOND} | changes.get("connectors", {})
        done = await apply(office, document(wanted(**(changes | {"connectors": connectors}))))
        assert not done.applied, case
        found = [each.message for each in done.problems if each.place == place]
        assert found, (case, done.problems)
        assert all(words in each for each in found), (case, found)
        assert await held(office) == {"connectors": {"tracker": {"system": "jira"}}}, case
    given = wanted()
    given["connections"]["left-end"]["rules"] = RULES | {"outgoing": "def outgoing(:\n"}
    done = await apply(office, document(given))
    assert not done.applied
    assert {(f.file, f.line) for f in done.findings} == {("connections/left-end/outgoing.py", 1)}
    assert await held(office) == {"connectors": {"tracker": {"system": "jira"}}}


async def test_a_kept_secret_goes_nowhere_else_and_a_connection_stays_what_it_is(
    office: Office,
) -> None:
    await apply(office, document(wanted()))
    given = await held(office)
    given["connectors"]["second"]["params"]["url"] = "https://elsewhere.example"
    plan = await office.operations.configuration.plan(PlanBody(document(given)), ANN)
    assert [each.place for each in plan.problems] == [("connectors", "second", "params", "url")]
    assert "s3cret" not in repr(plan)
    given["connectors"]["second"]["params"]["token"] = "for elsewhere"
    assert (await apply(office, document(given))).applied
    given = await held(office)
    given["connections"]["left-end"] |= {"mode": "visual", "connector": "second"}
    del given["connections"]["left-end"]["rules"]
    plan = await office.operations.configuration.plan(PlanBody(document(given)), ANN)
    assert {each.place[-1] for each in plan.problems} == {"mode", "connector"}


async def test_a_connection_with_another_company_begins_with_an_invitation(office: Office) -> None:
    given = await held(office)
    given["connections"] = {"x-y": end("tracker", "x", "y", type="private", counterpart="")}
    done = await apply(office, document(given))
    (step,) = done.steps
    assert "tidegate connection initiate x-y" in step.remedy
    assert "tidegate connection accept" in step.remedy
    assert done.applied
    assert "connections" not in await held(office)


async def test_a_connection_that_is_not_paired_yet_waits_with_its_rules(office: Office) -> None:
    begun = ConnectionInitiate(
        connector="tracker", local_side="x", remote_side="y", name="x-y", mode="script"
    )
    await office.operations.initiate(begun)
    given = await held(office)
    assert "rules" not in given["connections"]["x-y"]
    given["connections"]["x-y"] |= {"rules": RULES, "description": "Soon"}
    done = await apply(office, document(given))
    assert (done.applied, done.versions) == (True, {})
    assert ["not paired yet" in step.message for step in done.steps] == [True]
    assert (await held(office))["connections"]["x-y"]["description"] == "Soon"
    given["connections"]["x-y"]["settings"] = {"conflict_policy": "park"}
    plan = await office.operations.configuration.plan(PlanBody(document(given)), ANN)
    (problem,) = plan.problems
    assert "was agreed on with y" in problem.message
    assert "once 'x-y' is active: tidegate connection agree x-y" in problem.remedy
    gone = await apply(office, document({}), prune=True)
    assert [(c.kind, c.name) for c in gone.changes] == [
        ("connection", "x-y"),
        ("connector", "tracker"),
    ]
    assert await held(office) == {}


async def test_masks_and_tables_are_patched_and_checked_like_those_of_a_file(
    office: Office,
) -> None:
    await apply(office, document(wanted()))
    table = MappingTable((MappedValue("Doing", "In Progress"),))
    patch = SettingsPatch(masks=("credentials",), mappings={"status": table})
    settings = (await office.operations.change_settings("left-end", patch)).settings
    assert (settings.masks, settings.mappings) == (("credentials",), {"status": table})
    assert settings.project == "P"
    wrong = SettingsPatch(mappings={"type": MappingTable(unmapped="default")})
    with pytest.raises(InputError, match="names none"):
        await office.operations.change_settings("left-end", wrong)
    gone = SettingsPatch(mappings={"status": None})
    assert (await office.operations.change_settings("left-end", gone)).settings.mappings == {}


async def test_what_is_absent_goes_only_when_asked_for_and_pairs_only_when_counted(
    office: Office,
) -> None:
    await apply(office, document(wanted()))
    (tracker,) = {id(t): t for t in office.shop.trackers.values()}.values()
    issue = tracker.person_creates({"summary": "Gear"})
    await office.shop.sync(office.desk.connection("left-end").record.id, issue)
    less = document({"connectors": {"tracker": {"system": "jira"}}})
    kept = await apply(office, less)
    assert kept.changes == ()
    assert kept.kept == ("connector second", "connection left-end", "connection right-end")
    one = document({"connectors": {"tracker": {"system": "jira"}}, "connections": {
        "left-end": wanted()["connections"]["left-end"]}})  # fmt: skip
    plan = await office.operations.configuration.plan(PlanBody(one, prune=True), ANN)
    assert [each.place for each in plan.problems] == [("connections", "left-end", "counterpart")]
    with pytest.raises(InputError, match="1 issues are under sync by 'left-end'"):
        await apply(office, less, prune=True)
    assert len((await held(office))["connections"]) == 2
    gone = await apply(office, less, prune=True, removing={"left-end": 1, "right-end": 1})
    assert gone.applied
    assert {c.name: c.twins for c in gone.changes} == {"left-end": 1, "right-end": 1, "second": 0}
    assert await held(office) == {"connectors": {"tracker": {"system": "jira"}}}


async def test_a_plan_of_another_state_is_not_applied(office: Office) -> None:
    given = document(wanted())
    configuration = office.operations.configuration
    plan = await configuration.plan(PlanBody(given), ANN)
    await apply(office, document({"connectors": {"tracker": {"system": "jira"}, "x": SECOND}}))
    with pytest.raises(InputError, match="since the plan was made") as refused:
        await configuration.apply(ApplyBody(given, edition=plan.edition), ANN)
    assert refused.value.status == 412
    assert "connections" not in await held(office)


async def test_who_sets_something_up_while_it_is_checked_is_not_undone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the transaction."""
    given = document(wanted())
    other = document({"connectors": {"tracker": {"system": "jira"}, "x": SECOND}})
    configuration = office.operations.configuration
    plan = await configuration.plan(PlanBody(given), ANN)
    write = office.shop.store.write
    first = True

    async def raced(work: Any) -> Any:
        nonlocal first
        if first:
            first = False
            await apply(office, other)
        return await write(work)

    monkeypatch.setattr(office.shop.store, "write", raced)
    with pytest.raises(InputError, match="since the plan was made"):
        await configuration.apply(ApplyBody(given, edition=plan.edition), ANN)
    assert sorted((await held(office))["connectors"]) == ["tracker", "x"]


TOLD = 'def told(text: str) -> str:\n    return "EU: " + text\n'
USING = RULES | {
    "outgoing": "from snippets.names import told\n\n\n"
    + RULES["outgoing"].replace("return None", "return Replica(summary=told(issue.summary))")
}


def sharing(source: str = TOLD, **snippets: str) -> dict[str, Any]:
    """A snippet, and the rule that uses it."""
    given = wanted(snippets={"names": source} | snippets)
    given["connections"]["left-end"]["rules"] = USING
    return given


async def planned(office: Office, given: dict[str, Any], *, prune: bool = False) -> Any:
    return await office.operations.configuration.plan(PlanBody(document(given), prune=prune), ANN)


async def test_a_snippet_and_the_rule_that_begins_to_use_it_come_in_one_change(
    office: Office,
) -> None:
    assert (await apply(office, document(wanted()))).applied
    done = await apply(office, document(sharing()))
    assert [(c.kind, c.name, c.act) for c in done.changes] == [
        ("snippet", "names", "create"),
        ("connection", "left-end", "change"),
    ]
    assert '+    return "EU: " + text\n' in done.changes[0].source
    assert (done.applied, done.versions) == (True, {"left-end": 2})
    snippet = await office.operations.snippets.one("names")
    assert (snippet.author, snippet.message, snippet.version) == ("ann", "why", 1)
    assert [use.connection for use in snippet.used_by] == ["left-end"]
    assert (await held(office))["snippets"] == {"names": TOLD}
    again = await planned(office, await held(office), prune=True)
    assert (again.changes, again.problems, again.findings) == ((), (), ())
    ends = await planned(office, sharing(TOLD.replace("\n", "\r\n")))
    assert ends.changes == ()


async def test_an_edited_snippet_renews_the_rules_that_stay_or_is_refused_naming_them(
    office: Office,
) -> None:
    await apply(office, document(sharing()))
    edition = (await office.operations.configuration.view()).edition
    broken = TOLD.replace("told(text: str)", "told(text: int)").replace("text\n", "str(text)\n")
    refused = await apply(office, document(sharing(broken, fine="LIMIT = 3\n")))
    assert not refused.applied
    assert {each.file for each in refused.findings} == {"connections/left-end/outgoing.py"}
    assert (await office.operations.configuration.view()).edition == edition
    wrong = await planned(office, sharing("def told(:\n"))
    assert {each.file for each in wrong.findings} == {"snippets/names.py"}
    done = await apply(office, document(sharing(TOLD.replace("EU", "UK"))), message="Out")
    (change,) = done.changes
    assert (change.kind, change.act, change.used_by) == ("snippet", "change", ("left-end",))
    assert '-    return "EU: " + text\n+    return "UK: " + text\n' in change.source
    assert done.versions == {"left-end": 2}
    live = office.desk.connection("left-end")
    assert [(each.version, "UK" in each.source) for each in live.rules.snippets] == [(2, True)]
    newest = (await office.operations.rule_life.versions("left-end", PageQuery())).results[0]
    assert (newest.author, newest.message) == ("ann", "Out")


async def test_a_snippet_goes_only_when_asked_for_and_nothing_uses_it(office: Office) -> None:
    more = {"inner": "LIMIT = 3\n", "outer": "from snippets.inner import LIMIT\n\nTWICE = LIMIT\n"}
    await apply(office, document(sharing(**more)))
    less = sharing()
    del less["snippets"]
    kept = await apply(office, document(less))
    assert kept.changes == ()
    assert kept.kept == ("snippet inner", "snippet names", "snippet outer")
    less["snippets"] = {"outer": more["outer"]}
    plan = await planned(office, less, prune=True)
    assert plan.kept == (
        "snippet inner, which is still used",
        "snippet names, which is still used",
    )
    less["snippets"] = {}
    gone = await apply(office, document(less), prune=True)
    assert [(c.kind, c.name, c.act) for c in gone.changes] == [
        ("snippet", "inner", "remove"),
        ("snippet", "outer", "remove"),
    ]
    assert list((await held(office))["snippets"]) == ["names"]
    last = await apply(office, document(wanted()), prune=True)
    assert last.changes[-1] == ConfigurationChange("snippet", "names", "remove")
    assert "snippets" not in await held(office)
    await apply(office, document(sharing()))
    assert (await office.operations.snippets.one("names")).version == 3, "numbers go on"
    plan = await planned(office, wanted(snippets={"class": TOLD}))
    assert [each.place for each in plan.problems] == [("snippets", "class")]


async def test_a_snippet_that_somebody_saves_meanwhile_makes_it_another_state(
    office: Office,
) -> None:
    await apply(office, document(sharing()))
    plan = await planned(office, sharing(TOLD.replace("EU", "UK")))
    await office.operations.snippets.save("names", SnippetPut(TOLD.replace("EU", "US")), "bob")
    with pytest.raises(InputError, match="since the plan was made"):
        await apply(office, document(sharing()), edition=plan.edition)


LATER = TOLD.replace("EU", "US")


async def rolled_back(office: Office, *, removed: bool) -> Configuration:
    """To rules that import a snippet which is another now, or none; answers what is exported."""
    await apply(office, document(sharing()))
    if removed:
        await apply(office, document(wanted()), prune=True)
    else:
        await office.operations.snippets.save("names", SnippetPut(LATER), "bob")
    await office.operations.rule_life.roll_back("left-end", RollbackBody(1), "ann")
    return document(await held(office))


def told_by(office: Office) -> list[str]:
    return [each.source for each in office.desk.connection("left-end").rules.snippets]


@pytest.mark.parametrize("removed", [True, False])
async def test_rolled_back_rules_are_exported_with_the_snippets_of_then(
    offices: tuple[Office, Office], removed: bool
) -> None:
    here, there = offices
    exported = await rolled_back(here, removed=removed)
    rules = exported.connections["left-end"].rules
    assert rules is not None
    assert rules.snippets == {"names": TOLD}
    assert exported.snippets == ({} if removed else {"names": LATER})
    again = await planned(here, msgspec.to_builtins(exported), prune=True)
    assert (again.changes, again.kept, again.problems, again.findings) == ((), (), (), ())

    system = there.desk.connector("tracker").record.system
    given = {
        "connectors": {"tracker": {"system": system}, "second": SECOND},
        "connections": msgspec.to_builtins(exported)["connections"],
        "snippets": exported.snippets,
    }
    done = await apply(there, document(given))
    assert (done.applied, done.findings, done.problems) == (True, (), ())
    assert told_by(there) == told_by(here) == [TOLD]
    copied = document(await held(there))
    assert (copied.connections, copied.snippets) == (exported.connections, exported.snippets)
    more = TOLD.replace("EU", "UK")
    await apply(there, document(given | {"snippets": {"names": more}}))
    assert told_by(there) == [TOLD], "its own are in place of the node's"


async def test_rules_take_the_newest_snippets_again_when_their_own_are_gone(office: Office) -> None:
    exported = await rolled_back(office, removed=False)
    given = msgspec.to_builtins(exported)
    del given["connections"]["left-end"]["rules"]["snippets"]
    plan = await planned(office, given)
    (change,) = plan.changes
    assert (change.name, change.outgoing) == ("left-end", "")
    assert change.source.startswith("--- node/connections/left-end/snippets/names.py\n")
    assert '-    return "EU: " + text\n' in change.source
    assert (await apply(office, document(given))).versions == {"left-end": 4}
    assert told_by(office) == [LATER]
    assert document(await held(office)) == document(given)


async def test_rules_whose_snippet_is_nowhere_are_refused(office: Office) -> None:
    exported = await rolled_back(office, removed=True)
    given = msgspec.to_builtins(exported)
    del given["connections"]["left-end"]["rules"]["snippets"]
    (found,) = (await planned(office, given)).findings
    assert (found.file, found.line) == ("connections/left-end/outgoing.py", 1)
    assert "There is no snippet names." in found.message


async def test_a_mistake_in_a_snippet_of_one_connection_names_its_file(office: Office) -> None:
    given = wanted()
    given["connections"]["left-end"]["rules"] = USING | {"snippets": {"names": "def told(:\n"}}
    plan = await planned(office, given)
    assert "connections/left-end/snippets/names.py" in {each.file for each in plan.findings}


async def test_words_that_the_tracker_does_not_know_are_told_and_prevent_nothing(
    office: Office,
) -> None:
    (tracker,) = {id(t): t for t in office.shop.trackers.values()}.values()
    tracker.__class__ = Telling
    strange = RULES | {
        "incoming": "from snippets.names import LEVELS\n\n\n"
        + RULES["incoming"].replace("return None", 'return Wanted(fields={"colour": "red"})')
    }
    given = sharing('LEVELS = {"x": "y"}\n')
    given["connections"]["left-end"]["rules"] = strange
    done = await apply(office, document(given))
    assert done.applied
    (warning,) = done.warnings
    assert (warning.file, warning.line) == ("connections/left-end/incoming.py", 5)
    assert "no field 'colour'" in warning.message
    assert done.unchecked == {}
    left = office.desk.connection("left-end")
    assert (left.rules.version, left.rules.snippets[0].name) == (1, "names")
    given["snippets"]["names"] += "MORE = 1\n"
    plan = await planned(office, given)
    assert plan.warnings == done.warnings, "of rules that get a new version by their snippet"
    tracker.__class__ = Down
    office.desk.known.forget(left.record.connector)
    silent = await planned(office, given)
    assert "it is down" in silent.unchecked["left-end"]
    assert (silent.warnings, silent.problems) == ((), ())


async def test_another_conflict_policy_is_wished_for_by_the_command_that_a_plan_names(
    offices: tuple[Office, Office],
) -> None:
    public, acme = offices
    begun = ConnectionInitiate(
        connector="tracker", local_side="globex", remote_side="acme", trusted=True
    )
    code = (await public.operations.initiate(begun)).invitation
    name = "to-globex"
    accepted = ConnectionAccept(invitation=code, connector="tracker", name=name, trusted=True)
    await acme.operations.accept(accepted)
    given = await held(acme)
    given["connections"][name]["settings"] = {
        "conflict_policy": "park",
        "field_policies": {"summary": "newest"},
        "paragraphs": ("description",),
    }
    (problem,) = (await planned(acme, given)).problems
    assert problem.place == ("connections", name, "settings", "conflict_policy")
    assert (
        f"tidegate connection agree {name} --conflicts park --field summary=newest"
        " --paragraphs description;" in problem.remedy
    )
    given["connections"][name]["settings"] = {"paragraphs": ("description",)}
    assert len((await planned(acme, given)).problems) == 1, "merging is agreed on as well"


async def test_what_a_plan_has_the_node_ask_is_what_its_caller_may_ask(office: Office) -> None:
    given = wanted()
    given["connections"]["left-end"]["triggers"] = {"q": {"project": "P", "query": "x"}}
    configuration = office.operations.configuration
    body = PlanBody(document(given))
    looked: dict[str, tuple[tuple[str, ...], int]] = {}
    for role in ("viewer", "operator", "admin"):
        plan = await configuration.plan(body, Caller(role, role))
        assert "s3cret" not in repr(plan)
        assert len(plan.changes) == 3
        looked[role] = plan.untried, len(plan.problems)
    assert looked == {
        "viewer": (("connector second", "query of the trigger 'q' of left-end"), 0),
        "operator": (("connector second",), 1),
        "admin": ((), 1),
    }
    await apply(office, document(wanted()))
    known = await held(office)
    known["connectors"]["second"]["params"]["projects"] = ["P"]
    plan = await configuration.plan(PlanBody(document(known)), Caller("v", "viewer"))
    assert plan.untried == (), "at the known address, with the known token"
    known["connectors"]["second"]["params"]["token"] = "another"
    plan = await configuration.plan(PlanBody(document(known)), Caller("v", "viewer"))
    assert plan.untried == ("connector second",)


TOKEN = ("connectors", "second", "params", "token")


def later(given: dict[str, Any], **params: Any) -> dict[str, Any]:
    """`second` with a token that is not told yet."""
    known = {**SECOND["params"], "token": MASK, **params}
    return given | {"connectors": given["connectors"] | {"second": SECOND | {"params": known}}}


@pytest.mark.parametrize("role", ["viewer", "admin"])
async def test_a_plan_tells_which_secrets_come_with_the_apply_and_checks_all_else(
    office: Office, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.workers.systems.system", registry.find)
    configuration, caller = office.operations.configuration, Caller("c", role)

    async def plan(given: dict[str, Any], *awaited: tuple[str, ...]) -> ConfigurationPlan:
        return await configuration.plan(PlanBody(document(given), awaited=awaited), caller)

    given = later(wanted())
    found = await plan(given, TOKEN)
    assert (found.problems, found.awaited, found.untried) == ((), (TOKEN,), ())
    assert [change.act for change in found.changes] == ["create"] * 3
    refused, *_ = (await plan(given)).problems
    assert "holds no 'token' of 'second'" in refused.message
    assert (await plan(given, ("connectors", "third", "params", "token"))).problems[0] == refused
    given["connections"]["left-end"]["rules"] = RULES | {"outgoing": "def outgoing(:"}
    assert (await plan(given, TOKEN)).findings != ()
    (wrong,) = (await plan(later(wanted(), tokn="x"), TOKEN)).problems
    assert "no setting 'tokn'" in wrong.message
    (wrong,) = (await plan(later(wanted(), user="u"), TOKEN)).problems
    assert "both 'token' and 'user'" in wrong.message
    url = ("connectors", "second", "params", "url")
    assert (await plan(later(wanted(), url=MASK), TOKEN, url)).awaited == (TOKEN, url)


async def test_what_a_mask_cannot_stand_for_is_left_to_the_apply(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.workers.systems.system", registry.find)
    app = {"app_id": "7", "installation_id": 8, "app_private_key": MASK}
    given = {"connectors": {"hub": {"system": "github", "params": app}}}
    key = ("connectors", "hub", "params", "app_private_key")
    plan = office.operations.configuration.plan
    found = await plan(PlanBody(document(given), awaited=(key,)), ANN)
    assert (found.problems, found.awaited) == ((), (key,))
    app["installation_id"] = 0
    found = await plan(PlanBody(document(given), awaited=(key,)), ANN)
    assert "lacks the setting 'installation_id'" in found.problems[0].message
    app |= {"installation_id": 8, "app_private_key": "x"}
    (wrong,) = (await plan(PlanBody(document(given), check=False), ANN)).problems
    assert "no RSA key" in wrong.message


async def test_a_secret_on_offer_is_awaited_only_where_the_node_cannot_keep_its_own(
    office: Office,
) -> None:
    await apply(office, document(wanted()), check=False)
    configuration = office.operations.configuration

    async def plan(**params: Any) -> ConfigurationPlan:
        given = later(await held(office), **params)
        return await configuration.plan(PlanBody(document(given), awaited=(TOKEN,)), VIEWER)

    same = await plan()
    assert (same.changes, same.awaited) == ((), ())
    other = await plan(projects=["P"])
    assert (len(other.changes), other.awaited, other.problems) == (1, (), ())
    moved = await plan(url="https://elsewhere.example")
    assert (moved.problems, moved.awaited, moved.untried) == ((), (TOKEN,), ())
    assert ("params", "token") in [field.at for field in moved.changes[0].fields]
    half = await plan(url="https://elsewhere.example", webhook_secret=MASK)
    assert "holds no 'webhook_secret'" in half.problems[0].message
    given = await held(office)
    given["connectors"]["second"]["params"] |= {"webhook_secret": "w"}
    await apply(office, document(given), check=False)
    half = await plan(url="https://elsewhere.example", webhook_secret=MASK)
    assert "its secrets were given for the old" in half.problems[0].message, "one is kept"


async def test_nothing_is_applied_while_a_secret_is_to_come(office: Office) -> None:
    before = await office.operations.configuration.view()
    done = await apply(office, document(later(wanted())))
    assert not done.applied
    assert done.problems[0].place == TOKEN
    assert "without --keep-secrets" in done.problems[0].remedy
    assert await office.operations.configuration.view() == before
    with pytest.raises(msgspec.ValidationError, match="unknown field `awaited`"):
        msgspec.convert({"wanted": {}, "edition": "e", "awaited": [TOKEN]}, ApplyBody)
