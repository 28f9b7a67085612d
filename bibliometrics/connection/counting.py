"""A connection to who answers: counts, their cost, and what a frame says of itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pandas as pd

from bibliometrics.connection import layouts
from bibliometrics.connection.names import Unit, define_unit
from bibliometrics.connection.sources import Cost, Source, Spent, open_source
from bibliometrics.connection.wishes import DEFAULT, Wish, read_wish
from bibliometrics.connection.works import check_size, finish_works, sum_coverage
from bibliometrics.errors import ArchiveError, BudgetError, InputError
from bibliometrics.openalex.query import CREDIT_USD, VALUES, disjoint_filters
from bibliometrics.study.model import FIRST_YEAR, LAST_YEAR
from bibliometrics.tables.answers import PROVISIONAL_YEARS

MOST_CALLS: Final = 60
MOST_PIECES: Final = 10_000
PERSON: Final = "https://openalex.org/works?filter="
UNKNOWN_UNIT: Final = "I10"


class Connection:
    """
    Counts of works from one source. Made by :func:`connect`; a context manager.

    Attributes
    ----------
    source : str
        Who answers, as the column ``source`` of every frame says it.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._guard = threading.RLock()
        self.source = source.label

    def __repr__(self) -> str:
        """Return who answers."""
        return f"<Connection to {self.source}>"

    def __dir__(self) -> list[str]:
        """Return the public names."""
        return [name for name in super().__dir__() if not name.startswith("_")]

    def __enter__(self) -> Self:
        """Return the connection."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Let go of network connections and engines; what was answered stays kept."""
        self._source.close()

    @property
    def spent(self) -> Spent:
        """Calls made and USD spent through this connection so far."""
        return self._source.spent

    def count(
        self,
        institution: Any = None,
        region: Any = None,
        *,
        years: Any,
        by: Any = (),
        types: Any = DEFAULT.types,
        sources: str = "core",
        corpus: str = "core",
        retracted: Any = DEFAULT.retracted,
        max_authors: int | None = None,
        max_countries: int | None = None,
        field: Any = None,
        top_percent: int | None = None,
        international: bool | None = None,
        home: Any = None,
        without: Any = (),
        words: str | tuple[str, ...] | list[str] = (),
        filters: dict[str, Any] | None = None,
        max_calls: int = MOST_CALLS,
    ) -> pd.DataFrame:
        """
        Count works.

        A work counts when it meets every condition, each by any of its authors' affiliations.

        Parameters
        ----------
        institution : str or None
            Some author is at it or below it: a name, OpenAlex id, ROR id or their address.
        region : str, list or None
            Some author is in it: a region of this package ("Latin America", "South America",
            "Africa", "Asia", "EU", "OECD", …), a country by code or English name, a region of your
            own, or a list of these, which is one union; "world": any country at all. At least one
            of institution and region must be given.
        years : int, tuple of (int, int) or str
            One year, or first and last, both included: ``(2007, 2016)``, or ``"2007-2016"``.
        by : str or list of str
            Keys to count by, out of ``year``, ``country`` (members of the region), ``partner``
            (countries outside the region), ``field``, ``subfield``, ``topic``, ``type``,
            ``team_size`` (bands of the number of authors), ``n_countries``, ``institution`` (the
            exact ones on the works; of the API the largest, and ``attrs["complete"]`` says whether
            these are all) and ``institution_type``.
        types : str, list or "any"
            Types of works.
        sources : str
            "core" (journals and series of the core list) or "any".
        corpus : str
            "core", "expansion" or "all" (API only, but for the core corpus).
        retracted : bool or "any"
            False: without retracted works; True: these only.
        max_authors, max_countries : int or None
            At most so many authors, or distinct countries.
        field : str, int or None
            The field of research of the work's primary topic, by name or number.
        top_percent : int or None
            1 or 10: the most cited 1 or 10 percent of their field, year and type.
        international : bool or None
            True: at least two countries; False: exactly one.
        home : str, list or None
            Some author is also in one of these countries.
        without : str or list
            No author is at or below these institutions, or in these countries.
        words : str or list of str
            Title or abstract holds one of these words or phrases (API only).
        filters : dict or None
            Any other filters of OpenAlex by name, a list of values being one union (API only).
        max_calls : int
            Raise rather than make more calls of the API.

        Returns
        -------
        pandas.DataFrame
            One row for each combination of keys, zeros included for years, members of the region,
            fields, types and bands: ``institution``, ``region``, the keys with names beside codes,
            ``n_works`` (distinct works) and ``source``. ``attrs`` has question, conditions, ids,
            addresses, days, cost, and which keys add up.

        Raises
        ------
        InputError
            If an argument can't be used; nothing is asked then.
        BudgetError
            If it needs more calls than ``max_calls``, or the budget is spent.
        ArchiveError
            If a saved pull holds no answer to this.

        Examples
        --------
        >>> import bibliometrics as bm
        >>> with bm.connect("sample") as oa:
        ...     frame = oa.count("CAS", ["BR", "Chile"], years=(2010, 2012), by=["year", "country"])
        >>> frame[["year", "country"]].values.tolist()[:3]
        [[2010, 'Brazil'], [2010, 'Chile'], [2011, 'Brazil']]
        >>> frame.attrs["overlapping"]
        ['country']
        """
        conditions = {
            name: value
            for name, value in locals().items()
            if name not in {"self", "institution", "region", "max_calls"}
        }

        def work() -> pd.DataFrame:
            before = self._source.spent
            wish = read_wish(self._source.look_up, institution, region, **conditions)
            return self._count(wish, max_calls, before)

        with self._guard:
            return self._source.steadily(work)

    def works(
        self,
        institution: Any = None,
        region: Any = None,
        *,
        years: Any,
        limit: int = 100,
        sample: int | None = None,
        seed: int = 1,
        **conditions: Any,
    ) -> pd.DataFrame:
        """
        List the works behind a number, or draw some at random to check it by hand.

        Parameters
        ----------
        institution, region, years
            As for :meth:`count`.
        limit : int
            At most so many works, 10,000 at most.
        sample : int or None
            Draw so many at random instead.
        seed : int
            What the draw begins with: the same seed draws the same works.
        **conditions
            The conditions of :meth:`count`.

        Returns
        -------
        pandas.DataFrame
            One row for each work: ``work_id, title, year, type, doi, n_authors, n_countries,
            countries`` (codes), ``link, source``. Works of many authors have all of them. A narrow
            table holds no titles and DOIs; there they are missing. ``attrs["n_works"]`` says how
            many there are in all.

        Raises
        ------
        InputError
            If an argument can't be used, or the source holds counts only.

        Examples
        --------
        >>> import bibliometrics as bm
        >>> with bm.connect("sample") as oa:
        ...     found = oa.works("CAS", "Latin America", years=(2007, 2016), sample=5)
        >>> len(found), found["n_authors"].min() > 0
        (5, np.True_)
        """
        if "by" in conditions:
            msg = "works are listed, not counted by a key."
            raise InputError(msg, "leave out by, or use count")
        max_calls = conditions.pop("max_calls", MOST_CALLS)
        size = check_size(limit, sample)

        def work() -> pd.DataFrame:
            before = self._source.spent
            wish = read_wish(self._source.look_up, institution, region, years=years, **conditions)
            pages = -(-size // VALUES)
            if self._source.asks_live and pages > max_calls:
                _refuse(pages, max_calls)
            rows, total = self._source.list_works(wish.question, size, sample, seed)
            frame = finish_works(rows, self.source, synthetic=self._source.synthetic)
            frame.attrs["n_works"] = total
            return self._sign(frame, wish, before)

        with self._guard:
            return self._source.steadily(work)

    def coverage(
        self,
        dois: Iterable[str],
        institution: Any = None,
        region: Any = None,
        *,
        max_calls: int = MOST_CALLS,
    ) -> pd.DataFrame:
        """
        Say how many of some papers the source knows, and as whose: a check of the source itself.

        Parameters
        ----------
        dois : iterable of str
            The papers' DOIs, bare or as addresses; 100 are asked in a call, twice.
        institution, region
            As for :meth:`count`: whose works they should be. Types and sources don't matter.
        max_calls : int
            The most calls that it may take.

        Returns
        -------
        pandas.DataFrame
            One row for each year in which the source has some of them: ``year``, ``n_known`` (in
            the core corpus), ``n_with_institutions``, ``n_institution_region`` (known as works of
            both), ``source``. ``attrs`` has ``n_dois``, ``n_known``, ``n_expansion_only`` (in the
            expansion corpus alone) and ``missing``, the DOIs that are not known.

        Raises
        ------
        InputError
            If an argument can't be used, or the source holds no DOIs: a narrow table, a saved pull.
        BudgetError
            If it takes more calls than ``max_calls``.

        Examples
        --------
        >>> import bibliometrics as bm
        >>> with bm.connect("sample") as oa:
        ...     oa.coverage(["10.1103/physrevd.85.012006"], "CAS", "Latin America")
        Traceback (most recent call last):
        bibliometrics.errors.InputError: SYNTHETIC sample holds no DOIs. ...
        """
        listed = [dois] if isinstance(dois, str) else list(dois)

        def work() -> pd.DataFrame:
            if not listed or (institution is None and region is None):
                msg = "coverage needs DOIs, and an institution or a region."
                raise InputError(msg, 'such as coverage(["10.1103/…"], "cas", "Latin America")')
            before, calls = self._source.spent, 2 * -(-len(listed) // VALUES)
            if self._source.asks_live and calls > max_calls:
                _refuse(calls, max_calls)
            wish = read_wish(
                self._source.look_up,
                institution,
                region,
                years=(FIRST_YEAR, LAST_YEAR),
                types="any",
                sources="any",
                retracted="any",
            )
            known = self._source.list_dois(listed, wish.question.but(years=None, group_by=()))
            frame = sum_coverage(known, self.source)
            frame.attrs["calls"] = self._source.spent.calls - before.calls
            return frame

        with self._guard:
            return self._source.steadily(work)

    def cost(
        self, institution: Any = None, region: Any = None, *, years: Any, **conditions: Any
    ) -> Cost:
        """
        Say what a count costs before it is asked; nothing is sent.

        Parameters
        ----------
        institution, region, years
            As for :meth:`count`.
        **conditions
            The other arguments of :meth:`count`.

        Returns
        -------
        Cost
            Calls and USD, looking up the institution included (by name it costs as much as ten
            counts, by id nothing); nothing for a source that is no API.

        Raises
        ------
        InputError
            If an argument can't be used.

        Examples
        --------
        >>> import bibliometrics as bm
        >>> with bm.connect("sample") as oa:
        ...     oa.cost("CAS", "Latin America", years=(2007, 2016), by=["year", "country"])
        Cost(calls=0, most_calls=0, usd=0.0)
        """
        conditions.pop("max_calls", None)
        named: list[str] = []

        def suppose(text: str) -> list[Unit]:
            named.append(text)
            return _suppose(text)

        wish = read_wish(suppose, institution, region, years=years, **conditions)
        if not self._source.asks_live:
            return Cost(0, 0, 0.0)
        costs = [self._price(wish), *map(self._source.price_look_up, dict.fromkeys(named))]
        calls, most, usd = zip(*costs, strict=True)
        return Cost(sum(calls), sum(most), round(sum(usd), 6))

    def _price(self, wish: Wish) -> Cost:
        """Return what the counting itself costs."""
        layout, least = _layouts(self._source, wish)[0]
        if least > MOST_PIECES:
            return Cost(least, least, least * CREDIT_USD)
        found = self._source.price([one.question for one in layouts.lay_out(wish, layout, {})])
        first = [layouts.question_for(wish, key) for key in layouts.open_splits(wish, layout)]
        before = self._source.price(first)
        total = found.calls + before.calls
        return Cost(total, found.most_calls + before.most_calls, total * CREDIT_USD)

    def _count(self, wish: Wish, max_calls: int, before: Spent) -> pd.DataFrame:
        self._source.limit(max_calls)
        try:
            cells = self._cells(wish, max_calls)
        finally:
            self._source.limit(None)
        frame = layouts.finish(wish, cells, self.source, self._source.group_names())
        frame = self._sign(frame, wish, before)
        frame.attrs["complete"] = cells.attrs.get("complete", True)
        return frame

    def _sign(self, frame: pd.DataFrame, wish: Wish, before: Spent) -> pd.DataFrame:
        """Let a frame say what it is and what it cost."""
        spent = self._source.spent
        frame.attrs.update(describe(wish, self._source))
        frame.attrs["calls"] = spent.calls - before.calls
        frame.attrs["cost_usd"] = round(spent.usd - before.usd, 6)
        return frame

    def _cells(self, wish: Wish, max_calls: int) -> pd.DataFrame:
        """Return the cells of a count by the first layout that the source can answer."""
        possible = _layouts(self._source, wish)
        if self._source.groups_freely or self._source.asks_live:
            return self._ask(wish, *possible[0], max_calls)
        for layout, size in possible:
            try:
                return self._ask(wish, layout, size, max_calls)
            except ArchiveError:
                continue
        msg = f"{self.source} holds no answer to this count: {say(wish)}."
        raise ArchiveError(msg, 'ask another source, such as connect("openalex")')

    def _ask(self, wish: Wish, layout: layouts.Layout, size: int, max_calls: int) -> pd.DataFrame:
        if size > MOST_PIECES and not self._source.groups_freely:
            _refuse(size, max_calls)
        known: dict[str, tuple[Any, ...]] = {}
        for key in layouts.open_splits(wish, layout):
            question = layouts.question_for(wish, key)
            self._check_calls([question], max_calls)
            answer = self._source.answer([question])[question]
            known[key.name] = layouts.values_in(wish, key, answer)
        pieces = layouts.lay_out(wish, layout, known)
        questions = list(dict.fromkeys(piece.question for piece in pieces))
        self._check_calls(questions, max_calls)
        answers = self._source.answer(questions)
        cells = layouts.gather(wish, layout, pieces, answers)
        cells.attrs["complete"] = all(one.attrs.get("complete", True) for one in answers.values())
        return cells

    def _check_calls(self, questions: list[Any], max_calls: int) -> None:
        calls = self._source.price(questions).calls
        if calls > max_calls:
            _refuse(calls, max_calls)


def _refuse(calls: int, max_calls: int) -> None:
    msg = (
        f"this count takes {calls:,} calls of the API (${calls * CREDIT_USD:.4f}), more than "
        f"max_calls={max_calls}."
    )
    raise BudgetError(msg, f"count by fewer keys or years, or give max_calls={calls}")


def _suppose(text: str) -> list[Unit]:
    """Return an institution without asking anybody: what a count costs does not depend on which."""
    return [define_unit(text) or Unit(UNKNOWN_UNIT, text)]


def _layouts(source: Source, wish: Wish) -> list[tuple[layouts.Layout, int]]:
    """Return the layouts that a source can be asked in, with their number of calls, least first."""
    if source.groups_freely:
        return [(layouts.free_layout(wish), 0)]
    n_years = wish.years[1] - wish.years[0] + 1

    def size(layout: layouts.Layout) -> int:
        values = [len(key.closed(wish) or key.assumed(wish)) for key in layout.split]
        names = [key.name for key in layout.grouped]
        alone = n_years if "year" in names and len(names) > 1 else 1
        return prod(values) * alone * (2 if len(set(names) - {"year"}) > 1 else 1)

    return sorted(((one, size(one)) for one in layouts.api_layouts(wish)), key=lambda pair: pair[1])


def say(wish: Wish) -> str:
    """Return a count in words."""
    first, last = wish.years
    told = wish.told
    parts = [f"works of {first}" if first == last else f"works of {first} to {last}"]
    if wish.institution:
        parts.append(f"with an author at {wish.institution.name} ({wish.institution.id}) or below")
    if wish.region:
        codes = wish.region.codes
        many = f" ({len(codes)} countries)" if len(codes) > 1 else ""
        where = f"{wish.region.name}{many}" if codes else "any country"
        parts.append(f"{'and one' if wish.institution else 'with an author'} in {where}")
    if told["home"]:
        parts.append(f"and one in {', '.join(told['home'])}")
    if told["without"]:
        parts.append(f"and none of {', '.join(told['without'])}")
    text = " ".join(parts)
    if wish.keys:
        text += f", by {' and '.join(key.name for key in wish.keys)}"
    kinds = told["types"] if isinstance(told["types"], str) else ", ".join(told["types"])
    said = [f"types: {kinds}", f"sources: {told['sources']}", f"corpus: {told['corpus']}"]
    names = "retracted max_authors max_countries field top_percent international words filters"
    said += [f"{name}: {told[name]}" for name in names.split() if told[name] is not None]
    return f"{text} ({'; '.join(said)})"


def describe(wish: Wish, source: Source) -> dict[str, Any]:
    """Return what a frame says of itself, in plain values."""
    newest = int(source.days[-1][:4])
    years = range(wish.years[0], wish.years[1] + 1)
    filters = disjoint_filters(wish.question)
    return {
        "question": say(wish),
        "conditions": wish.told,
        "additive": [key.name for key in wish.keys if key.additive],
        "overlapping": [key.name for key in wish.keys if not key.additive],
        "complete": True,
        "source": source.label,
        "synthetic": source.synthetic,
        "days": source.days,
        "provisional_years": [year for year in years if year >= newest - PROVISIONAL_YEARS],
        "addresses": source.addresses,
        "openalex_urls": [] if source.synthetic else [PERSON + one for one in filters],
    }


def connect(
    source: str | Path,
    *,
    key: str | None = None,
    address: str | None = None,
    max_age: int = 0,
    refresh: bool = False,
    budget_usd: float | None = None,
    rate: float = 5.0,
    progress: bool | None = None,
) -> Connection:
    """
    Connect to who counts.

    Parameters
    ----------
    source : str or pathlib.Path
        "openalex" (the live API), "sample" (a small SYNTHETIC snapshot that comes along), or the
        folder of a narrow table or of a saved pull.
    key : str or None
        API key; None: that of the environment (``OPENALEX_API_KEY``), else none.
    address : str or None
        Another address of the API; None: ``OPENALEX_API_URL``, else OpenAlex itself.
    max_age : int
        Answers are kept in your cache folder for the UTC day on which they came. Take those of
        earlier days too, at most so many days old, where one day has the whole frame.
    refresh : bool
        Take no answer that was kept before.
    budget_usd : float or None
        Spend at most so much through this connection.
    rate : float
        Most requests a second.
    progress : bool or None
        Show a progress bar; None: at a terminal and in a notebook.

    Returns
    -------
    Connection
        With ``.count(...)``, ``.cost(...)``, ``.spent`` and ``.close()``; a context manager.

    Raises
    ------
    InputError
        If there is no such source, or key or address can't be used.
    DiskError
        If the cache folder can't be written; ``BIBLIOMETRICS_CACHE`` names another.

    Notes
    -----
    ``oa.count(institution, region, years=, by=, …)`` counts works that meet every condition.
    ``institution`` is a name, OpenAlex id or ROR id, with all below it; ``region`` a region or
    country by name or code, a list of these (one union), or "world"; ``years`` one year or (first,
    last). ``by``: year, country (members of the region), partner (countries outside it), field,
    subfield, topic, type, team_size, n_countries, institution, institution_type. Conditions, with
    the defaults of the study: types=("article", "review"), sources="core", corpus="core",
    retracted=False; and none of max_authors, max_countries, field, top_percent, international,
    home, without, words, filters. ``frame.attrs`` says what was asked, of whom, when, and at which
    cost. ``oa.works`` lists the works, ``oa.cost`` prices them; ``share``, ``growth``,
    ``affinity``, ``activity_index`` and ``salton`` take such frames.

    Examples
    --------
    >>> import bibliometrics as bm
    >>> with bm.connect("sample") as sample:
    ...     frame = sample.count("CAS", "Latin America", years=(2007, 2016), by="year")
    >>> list(frame.columns)
    ['institution', 'region', 'year', 'n_works', 'source']
    """
    if max_age < 0:
        msg = f"max_age can't be {max_age}."
        raise InputError(msg, "give a number of days, 0 for today only")
    options = {
        "key": key,
        "address": address,
        "max_age": max_age,
        "refresh": refresh,
        "budget_usd": budget_usd,
        "rate": rate,
        "progress": progress,
    }
    return Connection(open_source(source, **options))
