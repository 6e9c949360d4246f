"""`tidegate rules test`, with the real engine and no node."""

import json

import pytest

GOOD = (
    "def outgoing(issue: Issue, context: Context) -> Replica | None:\n"
    "    return Replica(summary=issue.summary)\n"
)
CASE = {"issue": {"fields": {"summary": "Crash", "status": "Open"}}}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "outgoing.py").write_text(GOOD)
    return tmp_path


def put(folder, **case):
    (folder / "case.json").write_text(json.dumps(CASE | case))


async def test_golden_files_that_fit_end_with_0(tidegate, folder):
    put(folder, sent={"fields": {"summary": "Crash"}})
    result = await tidegate("rules", "test", str(folder))
    assert (result.code, result.err) == (0, "")
    assert "1 cases run, none failed" in result.out


async def test_a_difference_ends_with_1_and_names_the_field(tidegate, folder):
    put(folder, sent={"fields": {"summary": "Boom"}})
    result = await tidegate("rules", "test", str(folder))
    assert result.code == 1
    assert 'sent.fields.summary: "Boom" expected, "Crash" came out' in result.out


async def test_a_rule_that_would_not_be_saved_ends_with_1(tidegate, folder):
    (folder / "outgoing.py").write_text(GOOD.replace("issue.summary", "issue.sumary"))
    put(folder, parks="sumary")
    result = await tidegate("rules", "test", "--json", str(folder))
    assert result.code == 1
    assert result.json["findings"][0]["line"] == 2


@pytest.mark.parametrize("text", ["{", '{"issue": {}, "sent": 1, "parks": "x"}', None])
async def test_what_is_no_test_ends_with_2(tidegate, folder, text):
    if text is not None:
        (folder / "case.json").write_text(text)
    assert (await tidegate("rules", "test", str(folder))).code == 2


async def test_update_takes_over_what_came_out(tidegate, folder):
    put(folder)
    assert (await tidegate("rules", "test", "--update", str(folder))).code == 0
    assert (await tidegate("rules", "test", str(folder))).code == 0
