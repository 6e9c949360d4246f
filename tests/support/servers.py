"""One RabbitMQ, one PostgreSQL and one Redmine for a whole test run.

Prints their addresses as NAME=value lines, each as soon as its server answers, and stops them
when standard input ends: so they go even when the script that started them is killed.
"""

import os
import signal
import sys
from contextlib import ExitStack

from tests.support import broker, postgres, redmine
from tests.support.child import ServerFailed


def main() -> int:
    # Ctrl-C reaches the whole process group; the tests still need their servers to end cleanly.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with ExitStack() as servers:
        try:
            # What the environment names is in use already and not ours to start.
            if postgres.ENVIRONMENT not in os.environ:
                _tell(postgres.ENVIRONMENT, servers.enter_context(postgres.Postgres()).url)
            if broker.ENVIRONMENT not in os.environ:
                _tell(broker.ENVIRONMENT, servers.enter_context(broker.Broker()).url)
            if redmine.ENVIRONMENT not in os.environ:
                _tell(redmine.ENVIRONMENT, servers.enter_context(redmine.Redmine()).url)
        except ServerFailed as failure:
            print(failure, file=sys.stderr)
            return 1
        print("ready", flush=True)
        sys.stdin.buffer.read()
    return 0


def _tell(name: str, url: str) -> None:
    print(f"{name}={url}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
