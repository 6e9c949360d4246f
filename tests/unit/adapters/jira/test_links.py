"""Links between issues, and what an issue hangs under."""

import pytest

from adapters.jira import links
from adapters.jira.simulator import Fault as SimulatedFault
from adapters.jira.simulator import catalogue
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, FieldChange, IssueDraft, Part

FIELDS = frozenset({Part.FIELDS})
READ = "GET /rest/api/2/issue/{key}"
ADD = "POST /rest/api/2/issueLink"
REMOVE = "DELETE /rest/api/2/issueLink/{link}"
TYPES = "GET /rest/api/2/issueLinkType"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("blocks", "blocks"),
        ("is blocked by", "blocked_by"),
        ("relates to", "relates"),
        ("duplicates", "duplicates"),
        ("is duplicated by", "duplicated_by"),
        ("clones", "copied_from"),
        ("is cloned by", "copied_to"),
        ("is caused by", "caused_by"),
        ("is followed by", "precedes"),
        ("is affected by", "affected_by"),
        ("is tested by", "is_tested_by"),
        ("Verhindert  durch", "verhindert_durch"),
    ],
)
def test_the_words_of_jira_as_kinds(words: str, kind: str) -> None:
    assert links.kind(words) == kind


@pytest.mark.parametrize(
    ("kind", "there"),
    [
        ("blocks", "blocked_by"),
        ("blocked_by", "blocks"),
        ("copied_from", "copied_to"),
        ("relates", "relates"),
    ],
)
async def test_a_link_is_told_by_both_issues_in_their_own_words(
    jira, tracker, draft, kind, there
) -> None:
    one, two = await tracker.create(draft("a")), await tracker.create(draft("b"))
    link = f"{kind} {two.ref.id}"
    changed = await tracker.update(one, FieldChange(add={"links": (link,)}))
    assert changed.fields["links"] == (link,)
    assert changed.version > one.version
    other = await tracker.read(two.ref.id, FIELDS)
    assert other.fields["links"] == (f"{there} {one.ref.id}",)
    assert other.version > two.version, "both issues are newer by it"


async def test_a_person_at_jira_sees_who_blocks_whom(jira, tracker, draft) -> None:
    """The API's words for both ends are the other way round than one thinks."""
    one, two = await tracker.create(draft("a")), await tracker.create(draft("b"))
    await tracker.update(one, FieldChange(add={"links": (f"blocks {two.ref.id}",)}))
    (held,) = jira.state.links.values()
    assert (held.source, held.target) == (one.ref.id, two.ref.id)


async def test_links_come_with_the_creation_and_change_by_element(jira, tracker, draft) -> None:
    two, three = await tracker.create(draft("b")), await tracker.create(draft("c"))
    both = (f"blocks {two.ref.id}", f"relates {three.ref.id}")
    one = await tracker.create(draft("a", links=both))
    assert one.fields["links"] == both
    jira.calls.clear()
    change = FieldChange(
        add={"links": (f"duplicates {three.ref.id}", both[0])}, remove={"links": (both[1],)}
    )
    changed = await tracker.update(one, change)
    assert changed.fields["links"] == (both[0], f"duplicates {three.ref.id}")
    assert jira.calls == {READ: 2, ADD: 1, REMOVE: 1}
    again = await tracker.update(changed, change)
    assert again.version == changed.version
    whole = await tracker.update(again, FieldChange({"links": (both[1],)}))
    assert whole.fields["links"] == (both[1],)


async def test_a_kind_of_this_jiras_own_keeps_its_name(jira, tracker, draft, monkeypatch) -> None:
    own = catalogue.LinkType("10900", "Test", "is tested by", "tests")
    monkeypatch.setattr(catalogue, "LINK_TYPES", (*catalogue.LINK_TYPES, own))
    one, two = await tracker.create(draft("a")), await tracker.create(draft("b"))
    link = f"is_tested_by {two.ref.id}"
    changed = await tracker.update(one, FieldChange(add={"links": (link,)}))
    assert changed.fields["links"] == (link,)
    assert {"tests", "is_tested_by"} <= set((await tracker.metadata("SIM")).link_kinds)


@pytest.mark.parametrize("link", ["worships 10001", "blocks", "blocks ../x", "blocks 99999"])
async def test_what_is_no_link_is_refused_with_the_kinds(tracker, draft, refusal, link) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange(add={"links": (link,)})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "links")
    assert error.remedy


async def test_nothing_is_written_when_a_link_cannot_be(tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    change = FieldChange({"summary": "New"}, add={"links": ("worships 1",)})
    await refusal(tracker.update(issue, change))
    assert (await tracker.read(issue.ref.id, FIELDS)).fields["summary"] == "A summary"


async def test_a_link_that_a_person_removed_first_is_no_failure(jira, tracker, draft) -> None:
    two = await tracker.create(draft("b"))
    link = f"blocks {two.ref.id}"
    one = await tracker.create(draft("a", links=(link,)))
    jira.fail_next(SimulatedFault(status=404, method="DELETE", path="issueLink", after=True))
    changed = await tracker.update(one, FieldChange(remove={"links": (link,)}))
    assert changed.fields["links"] == ()


async def test_a_jira_without_links_has_none(jira, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    jira.fail_next(SimulatedFault(status=404, path="issueLinkType"))
    error = await refusal(tracker.update(issue, FieldChange(add={"links": ("blocks 1",)})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "links")


def of_type(draft, type_name: str, marker: str, **fields) -> IssueDraft:
    made = draft(marker, **fields)
    return IssueDraft(made.project, type_name, made.fields, made.marker)


async def test_a_sub_task_is_made_under_its_parent(jira, tracker, draft, refusal) -> None:
    above = await tracker.create(draft("a"))
    below = await tracker.create(of_type(draft, "Sub-task", "b", parent=above.ref.id))
    assert below.fields["parent"] == above.ref.id
    other = await tracker.create(draft("c"))
    error = await refusal(tracker.update(below, FieldChange({"parent": other.ref.id})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "parent")
    assert "in Jira itself" in error.remedy
    kept = await tracker.update(below, FieldChange({"summary": "New"}))
    assert kept.fields["parent"] == above.ref.id


async def test_an_issue_hangs_under_an_epic(jira, tracker, draft) -> None:
    epic = await tracker.create(of_type(draft, "Epic", "e"))
    issue = await tracker.create(draft("a", parent=epic.ref.id))
    assert issue.fields["parent"] == epic.ref.id
    assert jira.state.issue(issue.ref.id).custom["customfield_10014"] == epic.ref.key
    assert "customfield_10014" not in issue.fields
    jira.calls.clear()
    for _ in range(3):
        assert (await tracker.read(issue.ref.id, ALL_PARTS)).fields["parent"] == epic.ref.id
    assert jira.calls == {READ: 3}, "the epic's id is known"
    free = await tracker.update(issue, FieldChange({"parent": None}))
    assert free.fields["parent"] is None


async def test_the_epic_is_learned_by_one_more_call(jira, connect, draft) -> None:
    tracker = connect(jira)
    epic = await tracker.create(of_type(draft, "Epic", "e"))
    issue = await tracker.create(draft("a", parent=epic.ref.id))
    other = connect(jira, custom_fields=[])
    jira.calls.clear()
    read = await other.read(issue.ref.id, FIELDS)
    assert read.fields["parent"] == epic.ref.id
    assert jira.calls[READ] == 2


async def test_an_epic_out_of_sight_is_a_parent_all_the_same(jira, tracker, draft) -> None:
    issue = await tracker.create(draft())
    held = jira.state.issue(issue.ref.id)
    held.custom = {**held.custom, "customfield_10014": "HIDDEN-7"}
    assert (await tracker.read(issue.ref.id, FIELDS)).fields["parent"] == "HIDDEN-7"


@pytest.mark.parametrize("parent", ["99999", ("a",), 5])
async def test_what_is_no_parent_is_refused(tracker, draft, refusal, parent) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange({"parent": parent})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "parent")


async def test_a_jira_without_epics_says_so(start_jira, connect, draft, refusal) -> None:
    tracker = connect(await start_jira(epics=False))
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange({"parent": issue.ref.id})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "parent")


async def test_a_parent_that_jira_leaves_out_in_silence_is_noticed(
    jira, tracker, draft, refusal
) -> None:
    epic = await tracker.create(of_type(draft, "Epic", "e"))
    issue = await tracker.create(draft("a"))
    jira.fail_next(SimulatedFault(status=204, method="PUT", raw=b""))
    error = await refusal(tracker.update(issue, FieldChange({"parent": epic.ref.id})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "parent")
