"""Texts of one line and of a limited length, as trackers want summaries and names."""


def one_line(text: str, limit: int) -> str:
    """What is cut off shows as an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def line_losses(text: str, limit: int) -> tuple[str, ...]:
    """What `one_line` gives up."""
    lost = []
    if " ".join(text.split()) != text:
        lost.append("line ends, and blanks beside others")
    if len(" ".join(text.split())) > limit:
        lost.append(f"all but the first {limit} characters")
    return tuple(lost)
