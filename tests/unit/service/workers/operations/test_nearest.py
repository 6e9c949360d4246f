"""A project that is not there: refused wherever one is named, with those that were meant."""

import msgspec
import pytest

from adapters.port import StageResult
from schemas.connection_api import SettingsBody
from schemas.errors import Fault, InputError, TrackerError
from schemas.metadata import Choice, Metadata, TypeInfo
from service.workers.operations.nearest import nearest
from tests.unit.service.workers.operations.test_pairing import invite

KNOWN = (
    Choice("Website", "WEB"),
    Choice("Shop", "WEBAPP"),
    Choice("Operations", "OPS"),
    Choice("People", "HR"),
)


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("web", ["WEB", "WEBAPP"]),
        ("WBE", ["WEB"]),
        ("Operation", ["OPS"]),
        ("people", ["HR"]),
        ("zzz", []),
        ("", []),
        ("ÖL", []),
    ],
)
def test_the_nearest_are_found(wanted, meant) -> None:
    assert sorted(nearest(wanted, KNOWN)) == meant


@pytest.fixture
def tracker(offices):
    """The public node's, which has the projects of `KNOWN` alone."""
    public, _ = offices
    model = public.shop.roster.connector_named("tracker").tracker

    async def check(project: str = "") -> tuple[StageResult, ...]:
        there = any(project == each.id for each in KNOWN)
        return (StageResult("project", there, f"No project {project}.", "Look for it."),)

    async def projects() -> tuple[Choice, ...]:
        return KNOWN

    model.check, model.projects = check, projects
    return model


async def test_settings_name_a_project_that_is_there(offices, tracker) -> None:
    public, _ = offices
    settings = SettingsBody(project="OPS", conflict_policy="park")
    await public.operations.initiate(invite(settings=settings))
    wrong = msgspec.structs.replace(settings, project="WEBB")
    with pytest.raises(InputError, match="'WEBB'") as refused:
        await public.operations.set_settings("left-right", wrong)
    assert refused.value.remedy.startswith("Did you mean WEB")
    shown = await public.operations.connection("left-right")
    assert shown.settings.project == "OPS"
    changed = msgspec.structs.replace(settings, project="WEB", attachment_limit=5)
    shown = await public.operations.set_settings("left-right", changed)
    assert (shown.settings.project, shown.settings.attachment_limit) == ("WEB", 5)


async def test_other_settings_may_change_while_the_tracker_is_away(offices, tracker) -> None:
    public, _ = offices
    settings = SettingsBody(project="OPS", conflict_policy="park")
    await public.operations.initiate(invite(settings=settings))

    async def away(project: str = "") -> tuple[StageResult, ...]:
        raise AssertionError("The tracker is asked.")

    tracker.check = away
    changed = msgspec.structs.replace(settings, attachment_limit=7)
    shown = await public.operations.set_settings("left-right", changed)
    assert shown.settings.attachment_limit == 7


async def test_without_a_near_one_some_are_told(offices, tracker) -> None:
    public, _ = offices
    with pytest.raises(InputError) as refused:
        await public.operations.initiate(invite(settings=SettingsBody(project="zzz")))
    assert refused.value.remedy == "Projects that the account sees: HR, OPS, WEB, WEBAPP."


async def test_a_tracker_that_cannot_list_leaves_its_own_remedy(offices, tracker) -> None:
    public, _ = offices

    async def fails() -> tuple[Choice, ...]:
        raise TrackerError(Fault.PERMISSION, "No list.")

    tracker.projects = fails
    with pytest.raises(InputError) as refused:
        await public.operations.initiate(invite(settings=SettingsBody(project="zzz")))
    assert refused.value.remedy == "Look for it."


async def test_an_account_that_sees_nothing_is_told_so(offices, tracker) -> None:
    public, _ = offices

    async def nothing() -> tuple[Choice, ...]:
        return ()

    tracker.projects = nothing
    with pytest.raises(InputError) as refused:
        await public.operations.initiate(invite(settings=SettingsBody(project="zzz")))
    assert "sees no project" in refused.value.remedy


@pytest.fixture
def telling(tracker):
    """It also tells the types of its projects."""

    async def metadata(project: str) -> Metadata:
        types = (Choice("Bug", "1"), Choice("Task", "2"))
        return Metadata(project, tuple(TypeInfo(each, ()) for each in types))

    tracker.metadata = metadata
    return tracker


@pytest.mark.parametrize("type", ["Bug", "task", "2"])
async def test_settings_name_a_type_that_is_there(offices, telling, type) -> None:
    public, _ = offices
    settings = SettingsBody(project="OPS", issue_type=type)
    await public.operations.initiate(invite(settings=settings))


@pytest.mark.parametrize(
    ("type", "remedy"), [("Bgu", "Did you mean Bug?"), ("Ship", "Its types: Bug, Task.")]
)
async def test_a_type_that_is_not_there_is_refused(offices, telling, type, remedy) -> None:
    public, _ = offices
    with pytest.raises(InputError, match=f"no issue type '{type}'") as refused:
        await public.operations.initiate(
            invite(settings=SettingsBody(project="OPS", issue_type=type))
        )
    assert refused.value.remedy == remedy


async def test_types_that_the_account_may_not_see_are_not_checked(offices, telling) -> None:
    public, _ = offices

    async def hidden(project: str) -> Metadata:
        raise TrackerError(Fault.PERMISSION, "no")

    telling.metadata = hidden
    settings = SettingsBody(project="OPS", issue_type="Bug")
    await public.operations.initiate(invite(settings=settings))
