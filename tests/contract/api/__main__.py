"""The long run over the whole document. Ends with 1 when something contradicts it."""

import argparse
import sys
import tempfile
from pathlib import Path

from service.log import Redactor, configure_logging
from tests.contract.api.fuzz import fuzz
from tests.contract.api.house import opened


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/contract/api/run", description=__doc__)
    parser.add_argument("--examples", type=int, default=60, help="for each operation (60)")
    parser.add_argument("--seconds", type=int, default=300, help="for each of the two runs (300)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    configure_logging("console", "error", redactor=Redactor(), stream=sys.stderr)
    wrong = False
    for known in (False, True):
        with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as house:
            found = fuzz(
                house,
                examples=given.examples,
                seconds=given.seconds,
                seed=given.seed,
                phases="examples,coverage,fuzzing",
                known=known,
            )
        print("With names that are there:" if known else "With names that nobody has:")
        print(found.figures)
        print(f"{found.audited} changes were audited, {found.failed} of the last 500 failed.\n")
        if found.ended or found.failed:
            wrong = True
            print(found.said, file=sys.stderr)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
