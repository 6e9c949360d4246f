"""How fast each markup is read and written, and how that grows with the text."""

import time

from adapters.rich_text.canonical import normalise
from schemas.rich_text import RichText
from tests.pairs.text.features import FEATURES
from tests.pairs.text.markups import MARKUPS, Markup

SIZES = (10_000, 100_000, 1_000_000)


def whole() -> RichText:
    """Everything that people put into texts, once."""
    return normalise(RichText(tuple(block for blocks in FEATURES.values() for block in blocks)))


def measure(markup: Markup, size: int) -> tuple[int, float, float]:
    """Characters, and CPU seconds to write and to read them."""
    once = whole()
    tree = normalise(RichText(once.blocks * max(1, size // _length(markup.render(once)))))
    began = time.process_time()
    text = markup.render(tree)
    written = time.process_time()
    markup.parse(text)
    return _length(text), written - began, time.process_time() - written


def _length(text: object) -> int:
    return len(text if isinstance(text, str) else repr(text))


def main() -> None:
    print("| markup | KB | written, MB/s | read, MB/s | growth written | growth read |")
    print("|---|---|---|---|---|---|")
    for markup in MARKUPS.values():
        before = None
        for size in SIZES:
            length, written, read = measure(markup, size)
            speeds = f"{length / 1e6 / written:.2f} | {length / 1e6 / read:.2f}"
            growth = f"{written / before[0]:.1f} | {read / before[1]:.1f}" if before else " | "
            print(f"| {markup.title} | {length // 1000} | {speeds} | {growth} |", flush=True)
            before = (written, read)


if __name__ == "__main__":
    main()
