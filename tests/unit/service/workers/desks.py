"""The desk of operations over a workshop: only what the operations of one node need."""

from service.workers.operations.desk import Desk
from tests.unit.service.workers.workshop import Workshop


def desk_of(shop: Workshop) -> Desk:
    async def rearrange() -> None:
        return None

    def unused(*given: object) -> None:
        raise AssertionError(given)

    return Desk(
        **dict.fromkeys(Desk.__struct_fields__, unused)
        | {
            "store": shop.store,
            "roster": shop.roster,
            "known": shop.known,
            "rearrange": rearrange,
            "publish": shop.publish,
            "now": shop.now,
            "new_id": shop.new_id,
        }
    )
