"""Values of another node's tracker that were renamed there: the tables here know them again."""

from typing import Any

import pytest

from schemas.connection_api import ConnectionAccept, ConnectionInitiate, SettingsBody
from schemas.errors import InputError
from schemas.mapping import MappedValue, MappingBody, MappingSolution, MappingTable
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo
from schemas.twin_api import SyncBody
from service.store import remote_names
from service.workers.metadata import LASTS, YOUNG
from service.workers.operations.errors import ErrorOperations
from service.workers.operations.twins import TwinOperations
from tests.simulation.model_tracker import ModelTracker
from tests.unit.service.workers.operations.conftest import Office
from tests.unit.service.workers.operations.test_life import NAME, paired, work
from tests.unit.service.workers.operations.test_partner_dry_runs import asks, let

Offices = tuple[Office, Office]


class Listed(ModelTracker):
    """Its statuses are a list with ids."""

    statuses: dict[str, str]

    async def projects(self) -> tuple[Choice, ...]:
        return (Choice("P", "1"),)

    async def metadata(self, project: str) -> Metadata:
        choices = tuple(Choice(name, id) for id, name in self.statuses.items())
        status = FieldInfo("status", "status", "Status", "option", choices=choices)
        return Metadata(project, (TypeInfo(Choice("task", "1"), (status,)),))


@pytest.fixture
async def offices(offices: Offices) -> Offices:
    """Both with lists; `todo` there is `open` here."""
    public, private = offices
    await paired(public, private)
    for office, statuses in (
        (public, {"1": "open", "2": "closed"}),
        (private, {"10": "todo", "20": "done", "30": "blocked"}),
    ):
        tracker: Any = office.shop.trackers["tracker"]
        tracker.__class__ = Listed
        tracker.statuses = statuses
    await set_table(public, MappedValue("todo", "open"), MappedValue("done", "closed"))
    return public, private


async def set_table(office: Office, *lines: MappedValue) -> MappingTable:
    view = await office.operations.set_mapping(NAME, MappingBody({"status": MappingTable(lines)}))
    return view.tables["status"]


async def travels(public: Office, private: Office) -> None:
    for _ in range(3):
        await private.says_to(public)
        await work(public, private)


async def begun(private: Office, public: Office, status: str) -> str:
    fields = {"summary": status, "status": status, "labels": ()}
    issue = private.shop.trackers["tracker"].person_creates(fields)
    await private.operations.sync(SyncBody(issue))
    await travels(public, private)
    return issue


async def edited(
    private: Office, public: Office, issue: str, status: str, field: str = "status"
) -> None:
    private.shop.at += YOUNG
    private.shop.trackers["tracker"].person_sets(issue, field, status)
    await private.shop.change("tracker", issue)
    await travels(public, private)


def statuses(office: Office) -> dict[str, Any]:
    held = office.shop.trackers["tracker"].issues.values()
    return {each.fields["summary"]: each.fields["status"] for each in held}


def renames(office: Office, **names: str) -> None:
    office.shop.trackers["tracker"].statuses = names


async def test_a_status_that_is_renamed_there_stays_what_it_is_here(offices: Offices) -> None:
    public, private = offices
    issue = await begun(private, public, "todo")
    assert statuses(public) == {"todo": "open"}
    renames(private, **{"10": "to be done", "20": "finished"})
    await edited(private, public, issue, "finished")
    # `done` had never been told: nothing says that it was this one.
    (parked,) = await public.shop.parked()
    assert (parked.field, parked.value) == ("status", "finished")
    await public.operations.solve_mapping(
        NAME, MappingSolution("status", "finished", "map", "closed")
    )
    await work(public)
    assert statuses(public) == {"todo": "closed"}
    await edited(private, public, issue, "to be done")
    assert statuses(public) == {"todo": "open"}
    assert await public.shop.parked() == []


async def test_names_that_trade_places_keep_their_meaning(offices: Offices) -> None:
    public, private = offices
    first, second = await begun(private, public, "todo"), await begun(private, public, "done")
    saved = await set_table(public, MappedValue("todo", "open"), MappedValue("done", "closed"))
    assert [(line.there_id, line.here_id) for line in saved.values] == [("10", "1"), ("20", "2")]
    renames(private, **{"10": "done", "20": "todo"})
    private.shop.at += LASTS
    await edited(private, public, first, "done")
    await edited(private, public, second, "todo")
    assert statuses(public) == {"todo": "open", "done": "closed"}
    shown = (await public.operations.mapping(NAME)).tables["status"]
    again = await set_table(public, *shown.values)
    assert [line.there for line in again.values] == ["done", "todo"]


def swap(private: Office, **names: str) -> None:
    """In its tracker, and its lists are read again."""
    renames(private, **names)
    private.shop.at += LASTS
    for issue in private.shop.trackers["tracker"].issues.values():
        issue.fields["status"] = {"todo": "done", "done": "todo"}[issue.fields["status"]]


async def test_a_name_that_a_message_gives_to_another_value_is_its_own_at_once(
    offices: Offices,
) -> None:
    public, private = offices
    first, second = await begun(private, public, "todo"), await begun(private, public, "done")
    await set_table(public, MappedValue("todo", "open"), MappedValue("done", "closed"))
    swap(private, **{"10": "done", "20": "todo"})
    await edited(private, public, second, "done again", "summary")
    assert statuses(public) == {"todo": "open", "done again": "closed"}
    swap(private, **{"10": "todo", "20": "done"})
    # That `done` is the second's name again was not told yet.
    await edited(private, public, first, "todo again", "summary")
    assert statuses(public) == {"todo again": "open", "done again": "closed"}
    assert await public.shop.parked() == []


async def test_what_was_taken_in_before_names_traded_keeps_its_meaning(offices: Offices) -> None:
    public, private = offices
    await begun(private, public, "todo")
    second = await begun(private, public, "done")
    await set_table(public, MappedValue("todo", "open"), MappedValue("done", "closed"))
    swap(private, **{"10": "done", "20": "todo"})
    await edited(private, public, second, "done again", "summary")
    twins = TwinOperations(public.desk, ErrorOperations(public.desk))
    assert [await twins.recheck(key) async for key in twins.keys(NAME)] == [True, True]
    await work(public)
    assert statuses(public) == {"todo": "open", "done again": "closed"}


async def test_a_new_value_is_not_taken_for_the_one_that_left_it_its_name(
    offices: Offices,
) -> None:
    public, private = offices
    first = await begun(private, public, "todo")
    await set_table(public, MappedValue("todo", "open"), MappedValue("done", "closed"))
    renames(private, **{"10": "backlog", "20": "done", "40": "todo"})
    private.shop.at += LASTS
    await edited(private, public, first, "backlog")
    assert statuses(public) == {"todo": "open"}
    await edited(private, public, first, "todo")
    assert [(each.field, each.value) for each in await public.shop.parked()] == [("status", "todo")]


async def test_what_was_skipped_stays_skipped_under_its_new_name(offices: Offices) -> None:
    public, private = offices
    issue = await begun(private, public, "todo")
    await edited(private, public, issue, "blocked")
    await public.operations.solve_mapping(NAME, MappingSolution("status", "blocked", "skip"))
    await work(public)
    renames(private, **{"10": "todo", "30": "on hold"})
    await edited(private, public, issue, "on hold")
    assert (await public.shop.parked(), statuses(public)) == ([], {"todo": "open"})


async def test_values_that_were_heard_of_are_suggested(offices: Offices) -> None:
    public, private = offices
    await public.operations.set_mapping(NAME, MappingBody())
    await begun(private, public, "done")
    renames(public, **{"1": "open", "2": "done!"})
    public.shop.known.forget("tracker-jira")
    (line,) = (await public.operations.suggest_mapping(NAME)).tables["status"].values
    assert line == MappedValue("done", "done!", "20", "2")


async def test_ids_leave_with_what_leaves_and_with_nothing_else(offices: Offices) -> None:
    public, private = offices
    await begun(private, public, "todo")
    (row,) = await public.shop.rows()
    assert row.state.replica.ids == {"status": {"todo": "10"}}


async def test_tables_are_checked_before_a_connection_begins(offices: Offices) -> None:
    public, private = offices
    wrong = SettingsBody(project="P", mappings={"status": MappingTable((MappedValue("x", "opn"),))})
    begin = ConnectionInitiate("tracker", "left", "right", name="second")
    refused = ConnectionInitiate("tracker", "left", "right", name="second", settings=wrong)
    with pytest.raises(InputError, match="no status 'opn' here") as caught:
        await public.operations.initiate(refused)
    assert "open" in caught.value.remedy
    code = (await public.operations.initiate(begin)).invitation
    with pytest.raises(InputError, match="no status 'opn' here"):
        await private.operations.accept(ConnectionAccept(code, "tracker", settings=wrong))
    right = SettingsBody(
        project="P", mappings={"status": MappingTable((MappedValue("x", "todo"),))}
    )
    await private.operations.accept(ConnectionAccept(code, "tracker", "second", settings=right))
    (line,) = (await private.operations.mapping("second")).tables["status"].values
    assert line.here_id == "10"


async def test_a_dry_run_knows_a_renamed_value_and_remembers_nothing(offices: Offices) -> None:
    public, private = offices
    await let(public, answers_dry_runs=True)
    issue, _ = await begun(private, public, "todo"), await begun(private, public, "done")
    renames(private, **{"10": "to be done", "20": "finished"})
    private.shop.at += YOUNG
    private.shop.trackers["tracker"].person_sets(issue, "status", "finished")
    id = public.shop.roster.connection_named(NAME).record.id
    known = await public.shop.store.read(lambda c: remote_names.of(c, id))
    run = await asks(private, public, issue)
    assert run.there.error == ""
    assert [(w.call, w.detail) for w in run.there.writes] == [
        ("update", {"set": {"status": "closed"}})
    ]
    assert await public.shop.store.read(lambda c: remote_names.of(c, id)) == known
