"""Ties as files that other tools read."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pandas as pd

from bibliometrics.tables.network import GRAPHML, to_graphml, to_vosviewer

TIES = pd.DataFrame(
    {
        "country_code": ["BR", "BR", "NA"],
        "partner_code": ["CL", "CN", "XK"],
        "n_works": [3, 5, 0],
        "affinity": [1.5, None, None],
        "salton": [1 / 3, 0.25, None],
    }
)


def test_graphml_has_the_countries_and_pairs_that_have_a_work() -> None:
    root = ET.fromstring(to_graphml(TIES))
    space = {"g": GRAPHML}
    nodes = {node.get("id"): node for node in root.iterfind(".//g:node", space)}
    assert set(nodes) == {"BR", "CL", "CN"}
    assert [data.text for data in nodes["BR"]] == ["Brazil", "8"]
    edges = root.findall(".//g:edge", space)
    assert [(e.get("source"), e.get("target")) for e in edges] == [("BR", "CL"), ("BR", "CN")]
    told = [{data.get("key"): data.text for data in edge} for edge in edges]
    assert told == [
        {"n_works": "3", "affinity": "1.5", "salton": "0.3333333333"},
        {"n_works": "5", "salton": "0.25"},
    ]
    keys = {key.get("id") for key in root.iterfind("g:key", space)}
    assert keys == {"name", "n_works", "affinity", "salton"}


def test_vosviewers_network_names_countries_by_their_number_in_the_map() -> None:
    places, network = to_vosviewer(TIES)
    header, *rows = [line.split("\t") for line in places.splitlines()]
    assert header == ["id", "label", "description", "weight<Works>"]
    assert rows == [
        ["1", "Brazil", "BR", "8"],
        ["2", "Chile", "CL", "3"],
        ["3", "China", "CN", "5"],
    ]
    assert [line.split("\t") for line in network.splitlines()] == [["1", "2", "3"], ["1", "3", "5"]]


def test_no_tie_gives_files_without_lines() -> None:
    places, network = to_vosviewer(TIES.iloc[2:])
    assert (places.count("\n"), network.strip()) == (1, "")
    assert not ET.fromstring(to_graphml(TIES.iloc[2:])).findall(f".//{{{GRAPHML}}}node")
