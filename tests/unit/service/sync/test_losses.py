"""The loss report holds the newest state only."""

from schemas.twin import Loss
from service.sync.losses import note_part, note_wished, note_written

CUT = Loss("summary", "It was cut.", written=True)
LACKS = Loss("due", "This tracker has no such field.")


def test_what_was_left_out_is_replaced_by_the_next_replica(make_twin):
    twin = note_wished(make_twin(losses=(LACKS, CUT)), (Loss("assignee", "Nobody."),))
    assert twin.losses == (Loss("assignee", "Nobody."), CUT)


def test_a_written_field_has_the_losses_of_its_newest_value(make_twin):
    twin = make_twin(losses=(LACKS, CUT))
    assert note_written(twin, {"summary": ()}).losses == (LACKS,)
    again = note_written(twin, {"description": ("A table is text.",)})
    assert again.losses == (LACKS, CUT, Loss("description", "A table is text.", written=True))


def test_without_losses_nothing_changes(make_twin):
    twin = make_twin()
    assert note_written(twin, {"summary": ()}) is twin
    assert note_written(twin, {}) is twin
    assert note_part(twin, "comments", ()) is twin


def test_losses_of_comments_add_up_without_repeats(make_twin):
    twin = note_part(make_twin(), "comments", ("A table is text.",))
    twin = note_part(twin, "comments", ("A table is text.", "An image is a link."))
    assert [loss.reason for loss in twin.losses] == ["A table is text.", "An image is a link."]


def test_the_report_is_bounded(make_twin):
    many = note_part(make_twin(), "comments", tuple(str(n) for n in range(500)))
    assert len(many.losses) == 50
