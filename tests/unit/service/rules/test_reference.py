"""The reference is what the stubs say, whole."""

from importlib.resources import files

from service.rules.reference import reference
from tests.unit.service.rules.test_surface import STUBS


def test_the_written_reference_is_that_of_the_code():
    """If it is not: tidegate rules reference > service/rules/REFERENCE.md"""
    assert files("service.rules").joinpath("REFERENCE.md").read_text("utf-8") == reference()


def test_every_name_stands_in_it():
    text = reference()
    assert [name for name in STUBS if f"## {name}\n" not in text and f"`{name}(" not in text] == []
    assert "- `CLEAR`: Empties a field" in text
    assert "`changed: bool`" in text
