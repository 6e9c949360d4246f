"""What of the other side's issue this side does not hold: the newest state of it, on the twin."""

import msgspec

from schemas.twin import Loss, Twin

_MOST = 50


def note_wished(twin: Twin, losses: tuple[Loss, ...]) -> Twin:
    """Once a replica was taken in: what of it was left out or stands for something else."""
    kept = tuple(loss for loss in twin.losses if loss.written)
    return _with(twin, (*losses, *kept))


def note_written(twin: Twin, found: dict[str, tuple[str, ...]]) -> Twin:
    """Once values were written: what of each the tracker does not keep, by field."""
    if not found or not (twin.losses or any(found.values())):
        return twin
    kept = tuple(loss for loss in twin.losses if not loss.written or loss.field not in found)
    fresh = tuple(
        Loss(field, reason, written=True) for field in sorted(found) for reason in found[field]
    )
    return _with(twin, (*kept, *fresh))


def note_part(twin: Twin, part: str, reasons: tuple[str, ...]) -> Twin:
    """Of comments and files there are many: what one of them has lost stays on the list."""
    fresh = tuple(Loss(part, reason, written=True) for reason in reasons)
    return _with(twin, (*twin.losses, *fresh)) if fresh else twin


def _with(twin: Twin, losses: tuple[Loss, ...]) -> Twin:
    return msgspec.structs.replace(twin, losses=tuple(dict.fromkeys(losses))[:_MOST])
