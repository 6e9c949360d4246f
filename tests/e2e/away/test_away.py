"""The campaign in short: what was missed is fetched once for each issue that changed."""

from pathlib import Path

from tests.e2e.away.campaign import Plan, run


async def test_a_private_side_that_was_away_fetches_one_message_for_each_issue(
    folder: Path,
) -> None:
    figures = await run(Plan(edits=300, issues=20, patience=120), folder, print)
    print(figures)
    assert figures.sound, figures
    assert figures.twins == figures.fetched == 20
