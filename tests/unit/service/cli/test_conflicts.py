"""`tidegate conflicts`."""

from schemas.api import Page
from schemas.conflict_api import ConflictShown

FOUND = ConflictShown(
    7, "acme", "t", "WEB-1", "summary", "local", "us", "newest", "ours", "theirs", 3, 2, 1, None
)
TOLD = ConflictShown(
    8, "acme", "t", "WEB-1", "labels", "local", "us", "person", ["x"], None, 3, 0, 0, 5
)


async def test_they_are_listed_with_both_values(node, on_node) -> None:
    node.answers["conflicts"] = Page(2, (FOUND, TOLD))
    result = await on_node("conflicts", "list", "--connection", "acme")
    for word in ("WEB-1", "us (newest)", "theirs", '["x"]', "(restored)"):
        assert word in result.out
    assert node.calls[-1][2].connection == "acme"


async def test_one_is_shown_whole(node, on_node) -> None:
    node.answers["conflict"] = FOUND
    assert "theirs" in (await on_node("conflicts", "show", "acme", "7")).out
    node.answers["conflict"] = TOLD
    assert "kept at the other side" in (await on_node("conflicts", "show", "acme", "8")).out


async def test_restoring_names_the_conflict(node, on_node) -> None:
    node.answers["conflict_restore"] = FOUND
    result = await on_node("conflicts", "restore", "acme", "7")
    assert "summary of WEB-1" in result.out
    assert node.calls[-1][1] == {"connection": "acme", "conflict": "7"}
