"""The data folder keeps its daemon's id, and lets in one process at a time."""

from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from service.data_folder import occupied


def test_the_daemon_keeps_its_id_over_restarts(tmp_path: Path):
    folder = tmp_path / "made" / "here"
    fresh = iter(("first", "second"))
    with occupied(folder, lambda: next(fresh)) as daemon:
        assert daemon == "first"
    with occupied(folder, lambda: next(fresh)) as daemon:
        assert daemon == "first"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_second_daemon_is_refused_with_a_remedy(tmp_path: Path):
    with occupied(tmp_path, lambda: "first"):
        with pytest.raises(ConfigurationError) as refused, occupied(tmp_path, lambda: "second"):
            pass
        assert str(tmp_path) in refused.value.message
        assert "own data folder" in refused.value.remedy
