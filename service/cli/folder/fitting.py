"""All that does not fit a type, each with its place: unknown keys with the nearest known one."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from service.config.keys import nearest

Place = tuple[str, ...]
Misfit = tuple[Place, str, str]
"""Where, what, and what to do."""


def misfits(kind: Any, value: Any, at: Place = ()) -> Iterator[Misfit]:
    found = False
    for misfit in _unknown(kind, value, at):
        found = True
        yield misfit
    for name, inner, part in _parts(kind, value):
        for misfit in misfits(inner, part, (*at, name)):
            found = True
            yield misfit
    if found:
        return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield at, str(error).partition(" - at `")[0], ""


def _unknown(kind: Any, value: Any, at: Place) -> Iterator[Misfit]:
    struct = _struct_of(kind)
    if struct is None or not isinstance(value, dict):
        return
    known = list(struct.__struct_encode_fields__)
    for name in value:
        if name not in known:
            near = nearest(name, known)
            remedy = f"Did you mean {near!r}?" if near else f"Known are: {', '.join(known)}."
            yield (*at, name), f"There is no key {name!r} here.", remedy


def _parts(kind: Any, value: Any) -> Iterator[tuple[str, Any, Any]]:
    struct = _struct_of(kind)
    if struct is not None and isinstance(value, dict):
        for field in msgspec.structs.fields(struct):
            if field.encode_name in value:
                yield field.encode_name, field.type, value[field.encode_name]
        return
    plain = _plain(kind)
    if get_origin(plain) is dict and isinstance(value, dict):
        for name, inner in value.items():
            yield name, get_args(plain)[1], inner
    if get_origin(plain) is tuple and isinstance(value, list):
        for number, inner in enumerate(value):
            yield str(number), get_args(plain)[0], inner


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    """Also that of `Struct | None`."""
    plain = _plain(kind)
    among = get_args(plain) if get_origin(plain) in (Union, UnionType) else (plain,)
    structs = [
        each for each in among if isinstance(each, type) and issubclass(each, msgspec.Struct)
    ]
    return structs[0] if len(structs) == 1 else None


def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind
