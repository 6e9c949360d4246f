"""The store as the event loop sees it: whole transactions, run in threads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import sqlalchemy as sa

from schemas.errors import ConfigurationError, TidegateError
from service.store import settings
from service.store.engines import create_engine, parse_url
from service.store.lane import Lane
from service.store.migration import migrate
from service.store.vault import Vault

T = TypeVar("T")

_SQLITE_GROUP = 32
_SQLITE_READERS = 2
_POSTGRES_THREADS = 6
_PROOF = b"tidegate"


class Store:
    """One database.

    Functions handed to `write` may be run again from their start, so they do nothing but use their
    connection; they raise to roll back.
    """

    def __init__(self, *, writer: Lane, reader: Lane, vault: Vault, system: str) -> None:
        self._writer = writer
        self._reader = reader
        self.vault = vault
        self.system = system
        """`sqlite` or `postgresql`."""

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """One transaction; returns when it is on disk.

        Raises what `work` raises, and `StoreUnavailable` when the database cannot be reached. When
        its connection breaks during the commit, the outcome is unknown: look before repeating.
        A cancelled caller leaves no transaction half done: what has begun is ended.
        """
        return await self._writer.run(work)

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """One consistent view; what `work` writes is refused."""
        return await self._reader.run(work)

    async def check(self, patience: float = 5.0) -> str:
        """'' when a row can be written within `patience` seconds, else what is wrong."""
        try:
            async with asyncio.timeout(patience):
                await self.write(lambda c: settings.put(c, "store.check", b""))
        except TimeoutError:
            return f"The store did not answer within {patience:g} s."
        except (TidegateError, sa.exc.SQLAlchemyError) as error:
            return str(error)
        return ""

    async def close(self) -> None:
        """Ends what was asked for, then the threads."""
        await self._reader.close()
        await self._writer.close()


@asynccontextmanager
async def open_store(url: str, *, vault: Vault) -> AsyncIterator[Store]:
    """Migrates and opens the database of a `sqlite:///path` or `postgresql://…` URL.

    Raises `ConfigurationError` when the vault's keys do not belong to this database.
    """
    parsed = parse_url(url)
    await asyncio.to_thread(migrate, url)
    system = parsed.get_backend_name()
    sqlite = system == "sqlite"
    store = Store(
        writer=Lane(
            create_engine(parsed, "write"),
            name="write",
            threads=1 if sqlite else _POSTGRES_THREADS,
            group=_SQLITE_GROUP if sqlite else 1,
        ),
        reader=Lane(
            create_engine(parsed, "read"),
            name="read",
            threads=_SQLITE_READERS if sqlite else _POSTGRES_THREADS,
        ),
        vault=vault,
        system=system,
    )
    try:
        await store.write(lambda c: _prove_key(c, vault))
        yield store
    finally:
        # Shielded: a store that is left half closed would keep its threads.
        await asyncio.shield(store.close())


def _prove_key(c: sa.Connection, vault: Vault) -> None:
    sealed = settings.get(c, "vault.proof")
    if sealed is None:
        proof = vault.seal(_PROOF, table="settings", row="vault.proof", column="value")
        settings.put(c, "vault.proof", proof)
        return
    try:
        vault.open(sealed, table="settings", row="vault.proof", column="value")
    except ConfigurationError as error:
        raise ConfigurationError(
            "The key file does not belong to this database: its secrets cannot be opened.",
            remedy="Restore the key file that was used with this database.",
        ) from error
