"""A request that the simulated tracker turns down."""


class Refused(Exception):
    """`body` is JSON as the tracker words it."""

    def __init__(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}
