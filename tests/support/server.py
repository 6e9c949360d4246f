"""What the private servers of the tests have in common: they start, stop, die and begin again."""

import signal
from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self

from tests.support.child import Child


class Server(ABC):
    """`close` also removes its folder; entered, it runs until left."""

    stop_signal: ClassVar[int] = signal.SIGTERM
    patience: ClassVar[float] = 15
    """Seconds that it may take to stop."""

    def __init__(self) -> None:
        self._child: Child | None = None

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    def stop(self) -> None:
        """In order: ends sessions, writes everything."""
        if self._child is not None:
            self._child.stop(self.stop_signal, self.patience)
            self._child = None

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, no connection is closed properly."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
