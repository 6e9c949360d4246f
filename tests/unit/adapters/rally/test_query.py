"""Conditions are joined in pairs, which the simulator's own reader insists on."""

import pytest

from adapters.rally import query
from adapters.rally.simulator.model import Told
from adapters.rally.simulator.query import holds, parse
from schemas.errors import Fault


@pytest.mark.parametrize("count", [1, 2, 3, 5, 40])
def test_many_conditions_are_pairs_of_pairs(count: int) -> None:
    text = query.any_of(*(query.number("ObjectID", "=", n) for n in range(count)))
    read = parse(text)
    assert [holds(read, lambda _, n=n: [n]) for n in (0, count - 1, count)] == [True, True, False]
    assert text.count("(") <= 2 * count


def test_conditions_that_are_empty_are_left_out() -> None:
    assert query.all_of("", query.number("ObjectID", ">", 1), "") == "(ObjectID > 1)"
    assert query.all_of() == ""


@pytest.mark.parametrize("value", ['a "quoted" word', "back\\slash", "(a) AND (b)", "ünï ✓", ""])
def test_any_text_comes_through_its_quotes(value: str) -> None:
    assert holds(parse(query.text("Name", "=", value)), lambda _: [value])
    assert not holds(parse(query.text("Name", "=", value)), lambda _: [value + "x"])


@pytest.mark.parametrize(
    "text",
    [
        "((A = 1) AND (B = 2) AND (C = 3))",
        "(A = 1",
        "A = 1",
        "(A ~ 1)",
        "((A = 1) XOR (B = 2))",
        "(A = 1))",
    ],
)
def test_the_simulator_refuses_what_rally_refuses(text: str) -> None:
    with pytest.raises(Told, match="Error parsing expression"):
        parse(text)


async def test_a_search_of_one_type_may_name_fields_that_others_lack(
    tracker, draft, refusal
) -> None:
    story = await tracker.create(draft("User Story", "m-1", status="In-Progress"))
    await tracker.create(draft("Defect", "m-2"))
    await tracker.create(draft("User Story", "m-3", status="Defined"))
    asked = '(ScheduleState = "In-Progress")'
    for typed in ("story: ", "User Story:"):
        page = await tracker.search(typed + asked, ("Harbour",))
        assert [ref.key for ref in page.issues] == [story.ref.key]
    error = await refusal(tracker.search(asked, ("Harbour",)))
    assert error.fault is Fault.VALIDATION
