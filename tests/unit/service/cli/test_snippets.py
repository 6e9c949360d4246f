"""`tidegate snippets …` against a node."""

from schemas.api import Page
from schemas.rules import Diagnostic
from schemas.snippets import SnippetSaved, SnippetUse, SnippetVersionView, SnippetView

USES = (SnippetUse("acme-globex", 3), SnippetUse("acme-initech", 2))
SNIPPET = SnippetView("statuses", 3, "HERE = {} \x1b[31m", "ann", "why", 1_700_000_000_000, USES)


async def test_snippets_are_listed_with_who_uses_which_version(on_node, node):
    node.answers["snippets"] = Page(1, (SNIPPET,))
    result = await on_node("snippets", "list")
    assert result.code == 0
    assert "statuses" in result.out
    assert "acme-globex, acme-initech (version 2)" in " ".join(result.out.split())


async def test_a_snippet_is_shown_whole(on_node, node):
    node.answers["snippet"] = SNIPPET
    result = await on_node("snippets", "show", "statuses")
    assert "# snippets/statuses.py, version 3" in result.out
    assert "HERE = {}" in result.out
    assert "\x1b" not in result.out


async def test_its_versions_are_listed(on_node, node):
    row = SnippetVersionView(3, "", "ann", "no more", 5, True)
    node.answers["snippet_versions"] = Page(1, (row,))
    result = await on_node("snippets", "versions", "statuses")
    assert "removed" in result.out
    assert "no more" in result.out


async def test_saving_tells_whose_rules_it_decides_for(on_node, node, tmp_path):
    node.answers["snippets"] = Page(1, (SNIPPET,))
    node.answers["snippet"] = SNIPPET
    node.answers["snippet_put"] = SnippetSaved(4, (), ("acme-globex",))
    file = tmp_path / "statuses.py"
    file.write_text("HERE = {}\n")
    result = await on_node("snippets", "save", "statuses", str(file), "--message", "so")
    assert result.code == 0
    assert "Version 4 of statuses decides now for: acme-globex." in " ".join(result.out.split())
    assert (node.calls[-1][2].source, node.calls[-1][2].message) == ("HERE = {}\n", "so")


async def test_a_refused_one_shows_the_rule_that_would_break_and_ends_with_1(
    on_node, node, tmp_path
):
    node.answers["snippets"] = Page(0, ())
    found = Diagnostic("acme-globex/outgoing.py", 1, 5, "told is gone", "from x import told", 9)
    node.answers["snippet_put"] = (422, SnippetSaved(None, (found,)))
    file = tmp_path / "statuses.py"
    file.write_text("")
    result = await on_node("snippets", "save", "statuses", str(file))
    assert result.code == 1
    assert "acme-globex/outgoing.py:1:5: told is gone" in result.out
    assert "^^^^" in result.out


async def test_one_is_rolled_back_and_removed(on_node, node):
    node.answers["snippet_rollback"] = SnippetSaved(5)
    result = await on_node("snippets", "rollback", "statuses", "3")
    assert "no connection yet" in result.out
    assert node.calls[-1][2].version == 3
    node.answers["snippet_remove"] = None
    assert (await on_node("snippets", "remove", "statuses")).code == 0
