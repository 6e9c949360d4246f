"""Prints the tables, or runs the checks over many generated texts; see README.md."""

import argparse
import sys
import time

from tests.pairs.text import chains, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/pairs/text/run")
    parser.add_argument("--examples", type=int, default=0, help="generated texts for each check")
    parser.add_argument("--seed", type=int, default=1, help="begins the generation (1)")
    given = parser.parse_args()
    if not given.examples:
        print("\n".join(table.lines()))
        return 0
    failed = 0
    for title, check in chains.checks(given.examples, given.seed):
        began = time.monotonic()
        try:
            check()
        except Exception as error:
            failed += 1
            notes = "\n".join(getattr(error, "__notes__", ()))
            print(f"FAILED {title}: {error!r}\n{notes}", flush=True)
        else:
            print(f"held   {title} ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"{given.examples} texts for each check, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
