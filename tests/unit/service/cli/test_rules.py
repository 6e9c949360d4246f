"""`tidegate rules check`, with the real engine."""

import pytest

GOOD = "def outgoing(issue: Issue, context: Context) -> Replica | None:\n    return None\n"
BAD = "def outgoing(issue: Issue, context: Context) -> Replica | None:\n\treturn isue\n"


async def test_a_good_file_ends_with_0(tidegate, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(GOOD)
    result = await tidegate("rules", "check", str(file))
    assert (result.code, result.err) == (0, "")


async def test_a_finding_has_its_line_and_a_caret_below_the_place(tidegate, tmp_path):
    file = tmp_path / "outgoing.py"
    file.write_text(BAD)
    result = await tidegate("rules", "check", str(file))
    assert result.code == 1
    first, source, caret = result.out.splitlines()
    assert first.startswith(f"{file}:2:9: ")
    assert source.index("isue") == caret.index("^^^^")


async def test_findings_as_json(tidegate, tmp_path):
    file = tmp_path / "outgoing.py"
    file.write_text(BAD)
    result = await tidegate("rules", "check", "--json", str(file))
    assert result.json["passed"] is False
    assert result.json["findings"][0]["line"] == 2


@pytest.mark.parametrize(("name", "text"), [("mine.py", "x = 1"), ("none.py", None)])
async def test_a_file_that_cannot_be_checked(tidegate, tmp_path, name, text):
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    result = await tidegate("rules", "check", str(file))
    assert result.code == (2 if text else 1)
    assert name in result.err
