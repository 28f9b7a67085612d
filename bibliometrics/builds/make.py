"""
The order of work: answer, check, build tables, grade, draw, swap in. The only writer of builds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from bibliometrics.builds import publish
from bibliometrics.builds.read import draw, read_build
from bibliometrics.builds.redrawing import drawn_from, kept_figures, remember
from bibliometrics.builds.sources import SAMPLE, Options, count
from bibliometrics.claims import evidence as witnesses
from bibliometrics.claims import grading
from bibliometrics.claims import ledger as claim_ledger
from bibliometrics.claims.collaborations import read_samples
from bibliometrics.claims.evidence import floor_papers
from bibliometrics.errors import BibliometricsError, InputError
from bibliometrics.figures.catalogue import ENTRIES, render_figures, try_names
from bibliometrics.files import processed_folder
from bibliometrics.openalex.pulls import mark_built
from bibliometrics.study.model import Study, list_replaced, load_study, study_text
from bibliometrics.tables import build as tables
from bibliometrics.tables.answers import Counted, Listener, Provenance
from bibliometrics.tables.contradictions import Contradiction
from bibliometrics.tables.coverage import build_coverage, describe_coverage
from bibliometrics.tables.datapackage import waiting_text
from bibliometrics.tables.profile import build_cooperation_institutions
from bibliometrics.tables.schema import TABLES, counted_tables, render_table


@dataclass(frozen=True)
class Summary:
    """What a refresh did: where the build is, its tables, what it cost, what to know."""

    folder: Path
    provenance: Provenance
    rows: dict[str, int]
    calls_made: int
    spent_usd: float
    left_out: tuple[str, ...] = ()

    @property
    def waiting(self) -> list[str]:
        """Names of the tables that nothing was counted for."""
        return [name for name in counted_tables() if name not in {*self.rows, *self.left_out}]

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain values for JSON."""
        return {
            "folder": str(self.folder),
            "tables": self.rows,
            "waiting": self.waiting,
            "left_out": list(self.left_out),
            "calls_made": self.calls_made,
            "spent_usd": round(self.spent_usd, 6),
            "provenance": asdict(self.provenance),
        }

    def lines(self) -> list[str]:
        """Return the lines that the command prints."""
        told = self.provenance
        what = "SYNTHETIC build" if told.synthetic else "built"
        lines = [f"{what}: {self.folder} ({len(self.rows)} tables, and their figures)"]
        if told.source == "openalex":
            lines.append(
                f"pull {told.pull} from {told.location}: {told.credits} credits, "
                f"{told.cost_usd:.4f} USD; this run: {self.calls_made} calls, "
                f"{self.spent_usd:.4f} USD"
            )
        for text in dict.fromkeys(map(waiting_text, self.waiting)):
            names = [name for name in self.waiting if waiting_text(name) == text]
            lines.append(f"{text}: {', '.join(names)}")
        return lines + [f"note: {note}" for note in told.notes]


def refresh(options: Options, listener: Listener) -> Summary:
    """Count by a source, or replay its saved answers; then rebuild tables, verdicts and figures."""
    study = load_study(options.study)
    folder = (options.to or processed_folder()).resolve()
    publish.check_destination(folder, synthetic=options.source == "sample", figures=ENTRIES)
    text = study_text(options.study)
    for note in list_replaced(options.study):
        listener(f"note: {note}")
    with publish.hold(folder):
        if not options.force:
            publish.check_unedited(folder)
        if options.source == "witnesses":
            _keep_counts(folder)
        published = _check_before(study, folder, options)
        counted = count(study, options, listener)
        built, notes, contradictions = _build(study, counted)
        provenance = replace(
            counted.provenance,
            notes=notes,
            contradictions=tuple(asdict(one) for one in contradictions),
        )
        listener("building tables, verdicts and figures")
        rows = write(study, text, folder, built.tables, provenance, published)
        mark_built(counted)
    left_out = tuple(built.left_out)
    return Summary(folder, provenance, rows, counted.calls_made, counted.spent_usd, left_out)


def _check_before(study: Study, folder: Path, options: Options) -> list[dict[str, str]]:
    """
    Do before the first call that is paid what would fail after the last one.

    Read what the build is made of beside the answers, write the study's names into a figure, and
    move the folder away and back. Returned are the published figures of others.
    """
    claim_ledger.load_claims()
    read_samples()
    published = [] if options.source == SAMPLE else witnesses.read_witness_rows()
    try_names(study)
    publish.try_swap(folder)
    return published


def _keep_counts(folder: Path) -> None:
    """Refuse to replace counted tables by published figures alone."""
    package = publish.read_package(folder)
    if package is not None and package["bibliometrics"]["source"] != "witnesses":
        msg = f"{folder} holds tables counted from {package['bibliometrics']['pull']}."
        raise InputError(msg, "rebuild them with --offline, or name another folder with --to")


#: Tables of what a source lists itself, and how each is made of it.
LISTED: Final[Mapping[str, Callable[[Study, pd.DataFrame], pd.DataFrame]]] = MappingProxyType(
    {
        "cooperation_institutions": build_cooperation_institutions,
        "coverage": lambda study, found: build_coverage(floor_papers(study), found),
    }
)


def _build(
    study: Study, counted: Counted
) -> tuple[tables.Built, tuple[str, ...], tuple[Contradiction, ...]]:
    """
    Return our tables, notes on the answers, and their contradictions.

    A table whose answers can't be true is left out and named; a pull that gives no table at all is
    not used again.
    """
    told = {name: LISTED[name](study, frame) for name, frame in counted.listed.items()}
    found = [describe_coverage(told["coverage"])] if "coverage" in told else []
    if not counted.answers:
        return tables.Built(told, [], {}), (*counted.notes, *found), ()
    try:
        built = tables.build_sound_tables(study, counted.answers, counted.parts)
        contradictions, explained = tables.find_contradictions(study, counted.answers)
        if not built.tables:
            raise next(iter(built.left_out.values()))
    except BibliometricsError:
        mark_built(counted)
        raise
    built.tables.update(told)
    again = " OpenAlex changed during the pull: ask again with refresh." if counted.moved else ""
    lost = [
        f"table {name} is left out: {error.message}{again}"
        for name, error in built.left_out.items()
    ]
    said = [f"{one.said}: claims that rest on them are not counted" for one in contradictions]
    return built, (*counted.notes, *found, *lost, *built.notes, *explained, *said), contradictions


def write(
    study: Study,
    text: str,
    folder: Path,
    built: Mapping[str, pd.DataFrame],
    provenance: Provenance,
    published: Sequence[Mapping[str, Any]],
) -> dict[str, int]:
    """Grade, draw and write a build."""
    rows: dict[str, Sequence[Mapping[str, object]]] = {
        name: tables.to_rows(frame) for name, frame in built.items()
    }
    rows["witnesses"] = published
    ledger = claim_ledger.load_claims()
    rows["claims"] = _grade(study, ledger, built, published, provenance)
    rows["claim_summary"] = grading.summarise_claims(ledger, rows["claims"])
    texts = {name: render_table(TABLES[name], rows[name]) for name in TABLES if name in rows}
    origin = drawn_from(texts, text, provenance)
    files, alts = kept_figures(folder, origin) or render_figures(
        draw(study, built, rows["witnesses"], provenance)
    )
    publish.write_build(
        folder, tables=texts, figures=files, figure_texts=alts, provenance=provenance, study=text
    )
    remember(folder, origin)
    return {name: len(rows[name]) for name in texts}


def _grade(
    study: Study,
    ledger: Sequence[claim_ledger.Claim],
    built: Mapping[str, pd.DataFrame],
    published: Sequence[Mapping[str, object]],
    provenance: Provenance,
) -> list[dict[str, Any]]:
    """Return the rows of the table ``claims``: none at all for a synthetic build."""
    if provenance.synthetic:
        return []
    evidence = provenance.source if built else None
    return grading.grade_claims(
        study,
        ledger,
        built,
        evidence,
        published,
        contradictions=provenance.contradictions,
        counted_in=int(provenance.end[:4] or 0) if built else 0,
    )


def redraw(folder: Path) -> list[Path]:
    """Draw the figures of a build anew from its tables."""
    build = read_build(folder)
    with publish.hold(folder):
        files, alts = render_figures(build.draw())
        publish.write_build(
            folder,
            tables={name: (folder / f"{name}.csv").read_text("utf-8") for name in build.tables},
            figures=files,
            figure_texts=alts,
            provenance=build.provenance,
            study=build.study_text,
        )
    return [folder / "figures" / name for name in sorted(files)]
