"""`tidegate disclosures`."""

from schemas.api import Page
from schemas.disclosure_api import Disclosure, DisclosureQuery

LEFT = Disclosure(1, "t", 2, "summary \u2603", "ab" * 32, True, "acme", "globex")


def pages(query: DisclosureQuery) -> Page[Disclosure]:
    more = None if query.cursor else "http://node/api/v2/x?cursor=abc%3D"
    assert query.cursor in ("", "abc=")
    return Page(2, (LEFT,), next=more)


async def test_they_are_shown_page_by_page(node, on_node) -> None:
    node.answers["disclosures"] = pages
    result = await on_node("disclosures", "acme", "--twin", "t")
    assert "summary \u2603" in result.out
    assert node.calls[-1][2].twin == "t"
    assert "--cursor abc=" in result.out
    again = await on_node("disclosures", "acme", "--cursor", "abc=")
    assert "There is more" not in again.out


async def test_all_of_them_are_written_as_csv(node, on_node, tmp_path) -> None:
    node.answers["disclosures"] = pages
    result = await on_node("disclosures", "acme", "--csv", str(tmp_path / "left.csv"))
    assert "2 lines" in result.out
    lines = (tmp_path / "left.csv").read_text("utf-8").splitlines()
    assert lines[0] == "when (UTC),partner,connection,twin,version,field,masked,sha256"
    assert len(lines) == 3
    assert lines[1].endswith("globex,acme,t,2,summary \u2603,yes," + "ab" * 32)
    missing = await on_node("disclosures", "acme", "--csv", str(tmp_path / "no" / "left.csv"))
    assert missing.code == 1


async def test_the_ledger_of_a_partner_is_over_all_connections(node, on_node, tmp_path) -> None:
    node.answers["ledger"] = pages
    shown = await on_node("disclosures", "--partner", "globex")
    assert "globex" in shown.out
    assert node.calls[-1][2].partner == "globex"
    result = await on_node("disclosures", "--partner", "globex", "--csv", str(tmp_path / "l.csv"))
    assert "2 lines" in result.out
    assert (await on_node("disclosures", "acme", "--partner", "globex")).code == 2
