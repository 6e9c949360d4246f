"""REST: what the project was customized to. In XML alone, as in old versions."""

from aiohttp import web
from lxml import etree

from adapters.alm.simulator import catalogue, context
from adapters.alm.simulator.catalogue import Field
from adapters.alm.simulator.context import PROJECT
from adapters.alm.simulator.model import not_found


async def fields(request: web.Request) -> web.Response:
    context.known(request)
    kind = request.match_info["kind"]
    if kind not in catalogue.FIELDS:
        raise not_found(f"The entity {kind}")
    root = etree.Element("Fields")
    root.extend(_field(kind, field) for field in catalogue.FIELDS[kind])
    return context.xml(request, root)


async def types(request: web.Request) -> web.Response:
    context.known(request)
    root = etree.Element("types")
    for number, name in catalogue.REQUIREMENT_TYPES.items():
        etree.SubElement(root, "type", name=name, id=number)
    return context.xml(request, root)


async def lists(request: web.Request) -> web.Response:
    context.known(request)
    root = etree.Element("Lists")
    for number, (name, items) in catalogue.LISTS.items():
        place = etree.SubElement(root, "List")
        etree.SubElement(place, "Name").text = name
        etree.SubElement(place, "Id").text = number
        _fill(etree.SubElement(place, "Items"), items)
    return context.xml(request, root)


async def users(request: web.Request) -> web.Response:
    context.known(request)
    root = etree.Element("Users")
    for login, name, mail in catalogue.PEOPLE:
        user = etree.SubElement(root, "User", Name=login, FullName=name)
        etree.SubElement(user, "email").text = mail
        etree.SubElement(user, "phone")
    return context.xml(request, root)


def _field(kind: str, field: Field) -> "etree._Element":
    column = field.name.upper().replace("-", "_")
    physical = field.physical or f"{catalogue.PHYSICAL[kind]}_{column}"
    item = etree.Element("Field", PhysicalName=physical, Name=field.name, Label=field.label)
    told = {
        "Size": str(field.size),
        "History": _word(field.type != "Memo"),
        "Required": _word(field.required),
        "System": _word(field.system),
        "Type": field.type,
        "Verify": _word(field.type in ("LookupList", "UsersList")),
        "Virtual": "false",
        "Active": "true",
        "Visible": "true",
        "Editable": _word(field.editable),
        "Filterable": _word(field.type != "Memo"),
        "Groupable": "true",
        "SupportsMultivalue": _word(field.multi),
    }
    if field.list_id:
        told["List-Id"] = field.list_id
    for name, text in told.items():
        etree.SubElement(item, name).text = text
    return item


def _fill(place: "etree._Element", items: tuple[object, ...]) -> None:
    for item in items:
        if isinstance(item, tuple):
            above = etree.SubElement(place, "Item", value=str(item[0]))
            _fill(etree.SubElement(above, "Items"), item[1])
        else:
            etree.SubElement(place, "Item", value=str(item))


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def routes() -> list[web.RouteDef]:
    place = PROJECT + "/customization"
    return [
        web.get(place + "/entities/{kind}/fields", fields),
        web.get(place + "/entities/requirement/types", types),
        web.get(place + "/used-lists", lists),
        web.get(place + "/users", users),
    ]
