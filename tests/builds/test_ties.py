"""A build writes its ties for network tools."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import pytest

from bibliometrics.builds.read import Build
from bibliometrics.errors import DiskError, InputError, TableError

if TYPE_CHECKING:
    from pathlib import Path

TIES = pd.DataFrame(
    {
        "country_code": ["BR"],
        "partner_code": ["CL"],
        "n_works": [3],
        "affinity": [1.5],
        "salton": [0.5],
    }
)


def build(*, synthetic: bool = False, **tables: pd.DataFrame) -> Any:
    told = SimpleNamespace(tables=tables, provenance=SimpleNamespace(synthetic=synthetic))
    return cast("Any", told)


def test_three_files_are_written_and_those_of_a_synthetic_build_say_so(tmp_path: Path) -> None:
    found = Build.write_ties(build(ties=TIES), tmp_path / "new" / "folder")
    assert [path.name for path in found] == ["ties.graphml", "ties_map.txt", "ties_network.txt"]
    assert found[2].read_text(encoding="utf-8") == "1\t2\t3\n"
    found = Build.write_ties(build(ties=TIES, synthetic=True), tmp_path)
    assert all(path.name.startswith("SYNTHETIC_ties") for path in found)


def test_ties_that_were_not_counted_or_have_no_place_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="ties was not counted"):
        Build.write_ties(build(), tmp_path)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(DiskError):
        Build.write_ties(build(ties=TIES), tmp_path / "file")


def test_files_of_others_stay(tmp_path: Path) -> None:
    made = Build.write_ties(build(ties=TIES), tmp_path)
    assert Build.write_ties(build(ties=TIES), tmp_path) == made  # ours are replaced
    for path in made:
        kept = path.read_bytes()
        path.write_text("id,label\n1,mine\n", encoding="utf-8")
        with pytest.raises(InputError, match="did not make it"):
            Build.write_ties(build(ties=TIES), tmp_path)
        assert path.read_text(encoding="utf-8") == "id,label\n1,mine\n"
        path.write_bytes(kept)
    made[0].write_text("mine", encoding="utf-8")
    Build.write_ties(build(ties=TIES), tmp_path, force=True)
    assert made[0].read_text(encoding="utf-8").startswith("<?xml")
