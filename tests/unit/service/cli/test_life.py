"""`tidegate connection confirm|remove|pairs|pair-again|probe` and `tidegate invitation`."""

import csv

import msgspec
import pytest

from schemas.api import Page
from schemas.connection_api import ConnectionConfirm, ConnectionInitiated, ConnectionRemove, Probed
from schemas.invitation_api import InvitationReissue, InvitationView
from schemas.pairs_api import PairAgainReport, PairClaim, PairedAgain, Pairs, PairView
from service.cli.pairs import COLUMNS
from tests.unit.service.cli.test_connections import VIEW

PAIRS = tuple(
    PairView(f"WEB-{n}", f"1000{n}", f"https://j/{n}", key, f"7{n}", "", f"t{n}")
    for n, key in enumerate(("77", "=cmd|' /C calc'!A0", 'käse, "quoted"'))
)
OPEN = InvitationView("i1", "acme-globex", "inviter", "open", 1, 1_760_000_000_000, 0)


def pages(query):
    return Pairs(PAIRS[:2], "t1") if not query.after else Pairs(PAIRS[2:], "")


async def test_confirm_hands_the_check_string_over(node, on_node):
    node.answers["connection_confirm"] = VIEW
    result = await on_node("connection", "confirm", "acme-globex", "1234 5678")
    assert node.calls[0][2] == ConnectionConfirm("1234 5678")
    assert "acme-globex is active" in result.out


async def test_a_pending_connection_tells_what_to_compare_and_to_enter(node, on_node):
    pending = msgspec.structs.replace(VIEW, status="pending", confirmed="remote")
    node.answers["connection"] = pending
    shown = (await on_node("connection", "show", "acme-globex")).out
    assert "tidegate connection confirm acme-globex" in shown
    node.answers["connection"] = msgspec.structs.replace(pending, confirmed="local")
    assert "connection confirm" not in (await on_node("connection", "show", "acme-globex")).out


async def test_pairs_are_written_as_csv_and_read_back_by_pair_again(node, on_node, tmp_path):
    node.answers["connection_pairs"] = pages
    file = tmp_path / "pairs.csv"
    assert "3 pairs" in (await on_node("connection", "pairs", "a", "--out", str(file))).out
    rows = list(csv.reader(file.open(encoding="utf-8")))
    assert tuple(rows[0]) == COLUMNS
    assert rows[2][3].startswith("'=cmd"), "a spreadsheet would run it"
    assert (await on_node("connection", "pairs", "a")).out.rstrip("\n") == file.read_text().rstrip()

    report = PairAgainReport(
        (PairedAgain("10000", "70", "paired"), PairedAgain("9", "8", "unknown_issue", "No such."))
    )
    node.answers["connection_pair_again"] = report
    told = await on_node("connection", "pair-again", "a", str(file), "--dry-run")
    body = node.calls[-1][2]
    assert body.dry_run
    assert body.pairs == tuple(PairClaim(p.local_id, p.remote_id) for p in PAIRS)
    assert "unknown_issue" in told.out
    assert "1 of 2 rows would be paired" in told.out


@pytest.mark.parametrize(
    ("text", "told"),
    [("a,b\n1,2\n", "no columns"), ("", "no columns"), ("local_id,remote_id\n1,\n", "line 2")],
)
async def test_a_file_that_holds_no_pairs_is_refused(node, on_node, tmp_path, text, told):
    file = tmp_path / "f.csv"
    file.write_text(text)
    result = await on_node("connection", "pair-again", "a", str(file))
    assert result.code == 1
    assert told in result.err
    assert node.calls == []


async def test_removing_with_issues_under_sync_needs_a_yes(node, on_node, tmp_path):
    node.answers |= {"connection": VIEW, "connection_remove": (204, None)}
    refused = await on_node("connection", "remove", "a")
    assert refused.code == 2
    assert "2 issues are under sync" in refused.err
    assert "--yes" in refused.err
    no = await on_node("connection", "remove", "a", ask=lambda _: "", stdin="\n")
    assert no.code == 1
    assert [name for name, *_ in node.calls] == ["connection", "connection"]
    await on_node("connection", "remove", "a", ask=lambda _: "", stdin="y\n")
    assert node.calls[-1][2] == ConnectionRemove(confirmed=True)
    node.answers["connection_pairs"] = pages
    file = tmp_path / "pairs.csv"
    await on_node("connection", "remove", "a", "--yes", "--force", "--pairs", str(file))
    assert node.calls[-1][2] == ConnectionRemove(confirmed=True, force=True)
    assert len(file.read_text().splitlines()) == 4


async def test_nothing_is_removed_when_the_pairs_cannot_be_written(node, on_node, tmp_path):
    node.answers |= {"connection": VIEW, "connection_pairs": pages}
    result = await on_node("connection", "remove", "a", "--yes", "--pairs", str(tmp_path))
    assert result.code == 1
    assert "connection_remove" not in [name for name, *_ in node.calls]


async def test_probe_tells_who_answers(node, on_node):
    node.answers["connection_probe"] = Probed("https://x", "n2", "1.2.3", 1, ("basic", "script"))
    result = await on_node("connection", "probe", "https://x")
    assert node.calls[0][2].url == "https://x"
    assert "basic, script" in result.out


async def test_invitations_are_listed_shown_revoked_and_issued_again(node, on_node):
    node.answers |= {
        "invitations": Page(1, (OPEN,)),
        "invitation": OPEN,
        "invitation_revoke": msgspec.structs.replace(OPEN, status="revoked"),
        "invitation_reissue": ConnectionInitiated(VIEW, "TG1-NEWONE", 1_760_000_000_000),
    }
    assert "acme-globex" in (await on_node("invitation", "list")).out
    assert "2025-10-09" in (await on_node("invitation", "show", "acme-globex")).out
    assert "is revoked" in (await on_node("invitation", "revoke", "acme-globex")).out
    again = await on_node("invitation", "reissue", "acme-globex", "--valid-hours", "2")
    assert "TG1-NEWONE" in again.out.splitlines()
    assert node.calls[-1] == (
        "invitation_reissue",
        {"connection": "acme-globex"},
        InvitationReissue(2),
    )
