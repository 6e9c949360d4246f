"""Parents and links over a real store: they appear when both ends are there, once."""

import itertools

import msgspec
import pytest

from schemas.errors import Fault, TrackerError
from schemas.events import TwinDue
from schemas.issue import Issue, IssueDraft
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo
from service.store import twins
from service.store.twin_records import TwinKey
from service.sync.markers import UNDER_WAY
from tests.simulation.model_tracker import ModelTracker


class Tied:
    """Two trackers with a local connection, and whoever the store says is due."""

    def __init__(self, shop) -> None:
        self.shop = shop
        self.a, self.b = shop.trackers["a"], shop.trackers["b"]

    async def work(self) -> None:
        """All that is due, as the sweep would ring for it."""
        for _ in range(20):
            due = await self.shop.store.read(lambda c: twins.due(c, self.shop.now()))
            if not due:
                return
            await self.shop.worker.handle([TwinDue(key.twin, key.connection) for key in due])
        raise AssertionError("it does not come to rest")

    async def begin(self, issue: str) -> str:
        twin = await self.shop.sync("a-b.a", issue)
        await self.work()
        return twin

    async def mirror(self, twin: str) -> str:
        found = (await self.shop.row("a-b.b", twin)).state.issue
        assert found is not None
        return found.id


@pytest.fixture
def tied(local) -> Tied:
    return Tied(local)


def links(tracker: ModelTracker, issue: str) -> tuple:
    return tracker.issues[issue].fields["links"]


@pytest.fixture
def tied_issue(issue_of):
    def make(tracker, **fields):
        return issue_of(tracker, **{"links": (), "parent": None, **fields})

    return make


@pytest.mark.parametrize("first", [0, 1])
async def test_a_link_appears_when_both_ends_are_there_whichever_comes_first(
    tied, tied_issue, first
) -> None:
    issues = [tied_issue(tied.a), tied_issue(tied.a)]
    tied.a.person_links(issues[0], "blocks", issues[1])
    early = await tied.begin(issues[first])
    assert links(tied.b, await tied.mirror(early)) == ()

    late = await tied.begin(issues[1 - first])

    mirrors = [await tied.mirror(twin) for twin in (early, late)]
    blocker, blocked = mirrors if first == 0 else mirrors[::-1]
    assert links(tied.b, blocker) == (f"blocks {blocked}",)
    assert links(tied.b, blocked) == (f"blocked_by {blocker}",)


async def test_a_child_is_made_without_its_parent_and_gets_it_once_it_is_there(
    tied, tied_issue
) -> None:
    parent = tied_issue(tied.a)
    child = await tied.begin(tied_issue(tied.a, parent=parent))
    mirror = await tied.mirror(child)
    assert tied.b.issues[mirror].fields["parent"] is None

    above = await tied.mirror(await tied.begin(parent))

    assert tied.b.issues[mirror].fields["parent"] == above
    assert (await tied.shop.row("a-b.b", child)).state.version == 1, "the tie was sent back"


async def test_a_restart_between_the_two_ends_changes_nothing(tied, tied_issue) -> None:
    parent = tied_issue(tied.a)
    child = await tied.begin(tied_issue(tied.a, parent=parent))
    tied.shop.worker = tied.shop.make_worker("worker-2")
    above = await tied.mirror(await tied.begin(parent))
    assert tied.b.issues[await tied.mirror(child)].fields["parent"] == above


async def test_a_key_of_an_issue_under_no_sync_never_leaves(private, tied_issue) -> None:
    a = private.trackers["a"]
    hidden = tied_issue(a)
    issue = tied_issue(a, parent=hidden)
    a.person_links(issue, "relates", hidden)
    await private.sync("c", issue)
    (message,) = await private.sent()
    assert message.replica.fields["links"] == ()
    assert message.replica.fields["parent"] is None
    assert hidden.encode() not in msgspec.msgpack.encode(message)


async def test_a_link_that_a_person_removes_goes_on_the_other_side_too(tied, tied_issue) -> None:
    issues = [tied_issue(tied.a), tied_issue(tied.a)]
    tied.a.person_links(issues[0], "blocks", issues[1])
    made = [await tied.begin(issue) for issue in issues]
    for issue in issues:
        tied.a.person_unlinks(issue, "blocks", issues[1]) if issue == issues[0] else None
        await tied.shop.change("a", issue)
        tied.shop.at += 1_000
        await tied.work()
    assert [links(tied.b, await tied.mirror(twin)) for twin in made] == [(), ()]


class SubTasks(ModelTracker):
    """A tracker that has nothing but sub-tasks below one parent."""

    root = ""

    async def projects(self) -> tuple[Choice, ...]:
        return (Choice("P", "P"),)

    async def metadata(self, project: str) -> Metadata:
        self.step("metadata")
        parent = FieldInfo("parent", "Parent", "issue", required=True)
        return Metadata(project, (TypeInfo(Choice("Sub-task"), (parent,)),))

    async def create(self, draft: IssueDraft) -> Issue:
        if draft.fields["summary"] != "top" and draft.fields.get("parent") is None:
            raise TrackerError(Fault.VALIDATION, "a sub-task needs a parent")
        return await super().create(draft)


@pytest.mark.parametrize("told", [True, False])
async def test_an_issue_of_a_type_that_needs_a_parent_waits_for_it(tied, tied_issue, told) -> None:
    """Whether the other side can tell already which parent it will be, or not."""
    tied.b.__class__ = SubTasks
    parent = tied_issue(tied.a, summary="top")
    if told:
        await tied.shop.sync("a-b.a", parent)
    child = await tied.shop.sync("a-b.a", tied_issue(tied.a, parent=parent))
    await tied.shop.worker.handle([TwinDue(child, "a-b.b")])
    row = await tied.shop.row("a-b.b", child)
    assert (row.state.issue, row.attempts, row.parked) == (None, 0, False)
    assert tied.b.issues == {}
    assert [loss.field for loss in row.state.losses] == ["parent"]

    await tied.work()
    above = await tied.mirror(await tied.begin(parent))
    tied.shop.at += UNDER_WAY
    await tied.work()

    assert tied.b.issues[await tied.mirror(child)].fields["parent"] == above
    assert (await tied.shop.row("a-b.b", child)).state.losses == ()
    assert tied.shop.calls.count("metadata") == 1, "metadata are not kept"


async def test_an_issue_without_ties_asks_the_store_for_none(tied, tied_issue, monkeypatch) -> None:
    async def refuse(*_: object) -> None:
        raise AssertionError("the store was asked")

    monkeypatch.setattr("service.workers.kin.StoredKin.twins_of", refuse)
    monkeypatch.setattr("service.workers.kin.StoredKin.issues_of", refuse)
    twin = await tied.begin(tied_issue(tied.a))
    assert tied.b.issues[await tied.mirror(twin)].fields["summary"] == "s"


async def test_who_waits_is_rung_in_the_process_that_brought_the_other_end(
    tied, tied_issue
) -> None:
    parent = tied_issue(tied.a)
    above = await tied.shop.sync("a-b.a", parent)
    child = await tied.shop.sync("a-b.a", tied_issue(tied.a, parent=parent))
    for twin in (child, above):
        await tied.shop.worker.handle([TwinDue(twin, "a-b.b")])
    assert TwinKey("a-b.b", child) in tied.shop.wakeups.take_due()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_a_tree_that_comes_in_any_order_is_whole_in_the_end(tied, tied_issue, order) -> None:
    top = tied_issue(tied.a)
    middle = tied_issue(tied.a, parent=top)
    leaf = tied_issue(tied.a, parent=middle)
    issues = [top, middle, leaf]

    begun = {number: await tied.begin(issues[number]) for number in order}

    mirrors = [await tied.mirror(begun[number]) for number in range(3)]
    assert len(set(mirrors)) == len(tied.b.issues) == 3
    parents = [tied.b.issues[mirror].fields["parent"] for mirror in mirrors]
    assert parents == [None, mirrors[0], mirrors[1]]
