"""Golden files beside a rule: what passes, what differs, and what cannot be run."""

import json

import pytest

from schemas.errors import InputError
from service.rules.golden import GoldenFiles

RULE = """
def outgoing(issue, context):
    if issue.status == "Draft":
        return None
    if issue.status == "Odd":
        raise KeyError("odd")
    return Replica(summary=issue.summary, labels=issue.labels, comments=issue.comments)
"""


@pytest.fixture
def run(engine, codec, tmp_path):
    (tmp_path / "outgoing.py").write_text(RULE)

    async def run(update=False, **case):
        file = tmp_path / "case.json"
        file.write_text(json.dumps(case))
        return await GoldenFiles(engine, codec).run(file, update=update)

    return run


def issue(**fields):
    comments = [{"id": "c1", "body": "Hi"}]
    return {"fields": {"summary": "Crash"} | fields, "comments": comments}


SENT = {"fields": {"labels": ["a"], "summary": "Crash"}, "comments": [{"id": "c1", "body": "Hi"}]}


async def test_a_case_that_fits_passes(run):
    assert (await run(issue=issue(labels=["a"]), sent=SENT)).passed


async def test_each_field_that_differs_is_named(run):
    verdict = await run(issue=issue(labels=["b"], summary="Boom"), sent=SENT)
    shown = [(found.at, found.before, found.after) for found in verdict.differences]
    assert not verdict.passed
    assert shown == [
        ("sent.fields.labels", '["a"]', '["b"]'),
        ("sent.fields.summary", '"Crash"', '"Boom"'),
    ]


async def test_a_part_that_is_missing_is_named_by_its_id(run):
    verdict = await run(issue=issue(labels=["a"]) | {"comments": []}, sent=SENT)
    assert [found.at for found in verdict.differences] == ["sent.comments"]


async def test_nothing_sent_is_null(run):
    assert (await run(issue=issue(status="Draft"), sent=None)).passed
    assert not (await run(issue=issue(status="Draft"), sent=SENT)).passed


async def test_a_failure_that_is_expected_passes_and_another_shows_line_and_caret(run):
    assert (await run(issue=issue(status="Odd"), parks="KeyError")).passed
    verdict = await run(issue=issue(status="Odd"), sent=SENT)
    assert not verdict.passed
    assert verdict.error.startswith("outgoing.py:6: KeyError")
    assert "^^^" in verdict.trace


async def test_update_writes_what_came_out(run, tmp_path):
    assert (await run(update=True, about="first", issue=issue(labels=["a"]))).passed
    written = json.loads((tmp_path / "case.json").read_text())
    assert written["sent"] == SENT
    assert written["about"] == "first"


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ({"isue": {}}, "unknown field"),
        ({"sent": None}, "neither an issue nor a replica"),
        ({"issue": {}, "sent": None, "parks": "x"}, "more than one outcome"),
        ({"replica": {}, "wanted": None}, "no incoming.py"),
    ],
)
async def test_a_case_that_cannot_be_run_names_its_file(run, case, told):
    with pytest.raises(InputError, match=told) as caught:
        await run(**case)
    assert "case.json" in caught.value.message
