"""What is not on the list does not leave."""

from schemas.rich_text import plain
from schemas.rules import Outgoing, OutgoingComment
from service.sync.disclosure import DEFAULT, disclose

WHOLE = Outgoing(
    {"summary": "s", "salary": 7, "assignee": "ann"}, (OutgoingComment("1", plain("hi")),), ("9",)
)


def test_what_is_listed_passes_untouched() -> None:
    allowed = DEFAULT | {"salary", "assignee"}
    disclosed = disclose(WHOLE, allowed)
    assert disclosed.outgoing is WHOLE
    assert disclosed.withheld == ()


def test_fields_comments_and_attachments_that_are_not_listed_stay_and_are_named() -> None:
    disclosed = disclose(WHOLE, frozenset({"summary"}))
    assert disclosed.outgoing == Outgoing({"summary": "s"}, (), ())
    assert disclosed.withheld == ("assignee", "attachments", "comments", "salary")


def test_what_the_rule_did_not_let_out_is_not_named() -> None:
    assert disclose(Outgoing({"summary": "s"}), frozenset({"summary"})).withheld == ()
    assert disclose(Outgoing({}, (), ("9",)), frozenset({"comments"})).withheld == ("attachments",)
