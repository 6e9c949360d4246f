"""Every recipe passes the check of a save, and does what its golden files say."""

import ast
from importlib.resources import files
from pathlib import Path

import pytest

from service.codec import MarkdownCodec
from service.rules.golden import GoldenFiles, cases_in, read_case, rules_in, snippets_for
from service.rules.monty_engine import open_engine

COOKBOOK = Path(str(files("service.rules").joinpath("cookbook")))
RECIPES = sorted(folder for folder in COOKBOOK.iterdir() if folder.is_dir())


async def test_all_recipes_pass_their_golden_files_and_the_check():
    async with open_engine(MarkdownCodec(), workers=1, kept=2) as engine:
        golden = GoldenFiles(engine, MarkdownCodec())
        verdicts = [await golden.run(file) for file in cases_in(COOKBOOK)]
        findings = [
            found
            for file in rules_in(COOKBOOK)
            for found in await engine.check(
                file.stem, file.read_text(), str(file), snippets_for(file.parent)
            )
        ]
    assert [verdict for verdict in verdicts if not verdict.passed] == []
    assert findings == []
    assert len(verdicts) >= 2 * 24


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda folder: folder.name)
def test_a_recipe_tells_what_it_is_for_and_has_a_case_for_each_of_its_rules(recipe):
    cases = [read_case(file) for file in cases_in(recipe)]
    for rule in rules_in(recipe):
        assert ast.get_docstring(ast.parse(rule.read_text()))
        assert any((case.replica is not None) == (rule.stem == "incoming") for case in cases)


def test_the_readme_lists_every_recipe_and_no_other():
    told = (COOKBOOK / "README.md").read_text().split("## Recipes")[1].split("\n## ")[0]
    named = {line.split("`")[1] for line in told.splitlines() if line.startswith("| `")}
    assert named == {recipe.name for recipe in RECIPES}


def test_every_row_for_newcomers_names_recipes_and_tests_that_exist():
    told = (COOKBOOK / "README.md").read_text().split("## For those who come")[1]
    rows = [line for line in told.splitlines() if line.startswith("| ")]
    tests = Path(__file__).parents[3]
    names = {recipe.name for recipe in RECIPES}
    shown = [row.strip("|").split("|")[-1] for row in rows]
    missing = [
        name
        for cell in shown
        if cell.strip() != "shown by"
        for name in (part.strip() for part in cell.split(","))
        if name not in names and not (name.endswith(".py") and (tests / name).exists())
    ]
    assert missing == []
    assert len(rows) > 50
