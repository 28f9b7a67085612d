"""
Ties between countries as files that network tools read: GraphML, and VOSviewer's map and network.

Nodes are countries, their weight the works of all their ties; edges are pairs with a work together.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pandas as pd

from bibliometrics.study.model import country_names

GRAPHML = "http://graphml.graphdrawing.org/xmlns"
EDGE_VALUES = ("n_works", "affinity", "salton")
MAP_HEAD = "id\tlabel\tdescription\tweight<Works>"


def _nodes(ties: pd.DataFrame) -> pd.DataFrame:
    """Return ``code, name, n_works`` (the sum over its ties), one row a country that has a tie."""
    ends = [
        ties[[column, "n_works"]].set_axis(["code", "n_works"], axis="columns")
        for column in ("country_code", "partner_code")
    ]
    works = pd.concat(ends).groupby("code")["n_works"].sum()
    names = [country_names()[str(code)] for code in works.index]
    return pd.DataFrame({"code": works.index, "name": names, "n_works": works.to_numpy()})


def _edges(ties: pd.DataFrame) -> pd.DataFrame:
    found: pd.DataFrame = ties[ties["n_works"] > 0]
    return found


def to_graphml(ties: pd.DataFrame) -> str:
    """Return the table ``ties`` as GraphML: an undirected graph with the table's own values."""
    edges = _edges(ties)
    root = ET.Element("graphml", xmlns=GRAPHML)
    kinds = {"name": ("node", "string"), "n_works": ("all", "int")}
    kinds |= dict.fromkeys(EDGE_VALUES[1:], ("edge", "double"))
    for name, (place, kind) in kinds.items():
        told = {"id": name, "for": place, "attr.name": name, "attr.type": kind}
        ET.SubElement(root, "key", told)
    graph = ET.SubElement(root, "graph", id="ties", edgedefault="undirected")
    for node in _nodes(edges).to_dict("records"):
        element = ET.SubElement(graph, "node", id=str(node["code"]))
        _data(element, "name", node["name"])
        _data(element, "n_works", node["n_works"])
    for edge in edges.to_dict("records"):
        ends = {"source": str(edge["country_code"]), "target": str(edge["partner_code"])}
        element = ET.SubElement(graph, "edge", ends)
        for name in EDGE_VALUES:
            if pd.notna(edge[name]):
                _data(element, name, edge[name])
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def is_network(content: bytes) -> bool:
    """Say whether the bytes of a file are one of the three that are made here."""
    text = content.decode("utf-8", "replace")
    if text.startswith("<?xml"):
        return GRAPHML in text and '<graph id="ties"' in text
    return text.startswith(MAP_HEAD) or bool(re.fullmatch(r"(\d+\t\d+\t\d+\n)*\n?", text))


def _data(element: ET.Element, key: str, value: object) -> None:
    text = format(value, ".10g") if isinstance(value, float) else str(value)
    ET.SubElement(element, "data", key=key).text = text


def to_vosviewer(ties: pd.DataFrame) -> tuple[str, str]:
    """
    Return the table ``ties`` as VOSviewer's map file and network file, both with tabs.

    The map has one line a country (``id, label, description, weight<Works>``), the network one a
    pair: two ids of the map and the works together.
    """
    edges = _edges(ties)
    nodes = _nodes(edges)
    ids = {code: number for number, code in enumerate(nodes["code"], start=1)}
    lines = [MAP_HEAD]
    lines += [
        f"{ids[node['code']]}\t{node['name']}\t{node['code']}\t{node['n_works']}"
        for node in nodes.to_dict("records")
    ]
    pairs = [
        f"{ids[edge['country_code']]}\t{ids[edge['partner_code']]}\t{edge['n_works']}"
        for edge in edges.to_dict("records")
    ]
    return "\n".join(lines) + "\n", "\n".join(pairs) + "\n"
