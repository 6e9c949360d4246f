"""How two sides change what they agreed on: both wish the same, and until then the old holds."""

import msgspec

from schemas.agreement import Agreement
from schemas.node import Connection
from schemas.peer import ConnectionNotice

_REMEMBERED = 8


def in_force(record: Connection) -> Agreement:
    settings = record.settings
    return Agreement(settings.conflict_policy, settings.field_policies, settings.paragraphs)


def wish_of(record: Connection) -> Agreement | None:
    """The newest of this side; None where it never had one of its own."""
    offers = record.standing.offers
    return offers[-1] if offers else None


def unmet(record: Connection) -> str:
    """What a person is told where the two sides wish different things; '' where they do not."""
    now, there, other = in_force(record), record.standing.wish_there, record.remote_side
    if there is not None and there not in (now, wish_of(record)):
        return (
            f"{other} wishes conflicts to be decided in another way. Next: tidegate connection"
            f" agree {record.name} --accept, or tell a wish of your own. Until both wish the same,"
            " the old holds."
        )
    if wish_of(record) not in (None, now):
        return f"{other} has not agreed yet to what this side wishes for conflicts; the old holds."
    return ""


def wishing(record: Connection, wish: Agreement) -> Connection:
    """This side wishes that. It holds at once where the other side has wished the same."""
    offers = (*(each for each in record.standing.offers if each != wish), wish)[-_REMEMBERED:]
    standing = msgspec.structs.replace(record.standing, offers=offers)
    record = msgspec.structs.replace(record, standing=standing)
    return _taken(record, wish) if record.standing.wish_there == wish else record


def hearing(record: Connection, notice: ConnectionNotice) -> Connection:
    """The other side's wish. What it holds already is taken as well, if this side ever offered it:
    so neither can take back what the other has agreed to meanwhile."""
    standing = msgspec.structs.replace(record.standing, wish_there=notice.wish)
    record = msgspec.structs.replace(record, standing=standing)
    if notice.agreed is not None and notice.agreed in standing.offers:
        return _taken(record, notice.agreed)
    if notice.wish is not None and notice.wish == wish_of(record):
        return _taken(record, notice.wish)
    return record


def _taken(record: Connection, agreed: Agreement) -> Connection:
    settings = msgspec.structs.replace(
        record.settings,
        conflict_policy=agreed.conflict_policy,
        field_policies=agreed.field_policies,
        paragraphs=agreed.paragraphs,
    )
    return msgspec.structs.replace(record, settings=settings)
