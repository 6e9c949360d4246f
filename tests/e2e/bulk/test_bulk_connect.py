"""The campaign in short: no pair twice, none missing, whenever the node dies."""

from pathlib import Path

from tests.e2e.bulk.campaign import Plan, run


def test_bulk_connect_survives_kills_in_the_middle(tmp_path: Path) -> None:
    figures = run(Plan(pairs=600, kills=2), tmp_path, print)
    assert figures.sound, figures
    assert figures.kills == 2
    assert figures.twins == figures.rows == 600
    assert all(figures.kept), "each life left rows behind"
