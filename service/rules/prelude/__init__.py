"""The words that rules see: source that runs inside the sandbox, before the rule's own file.

It keeps to what the sandbox's interpreter knows: no inheritance, no properties. `surface.pyi` is
the same surface as people and the type check see it; the tests hold the two together. The files
here are read one after the other, as if they were one.
"""

from importlib.resources import files

from service.rules.snippets import bare

PARTS = ("parts", "issue", "returned", "mapping", "words", "taken_in", "given_out")


def prelude() -> str:
    folder = files(__name__)
    sources = (folder.joinpath(f"{part}.py").read_text("utf-8") for part in PARTS)
    return "\n".join(bare(source, __name__) for source in sources)
