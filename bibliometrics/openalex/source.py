"""
The live OpenAlex API as a source: questions in, counts out, through pyalex.

How a question is asked is in :mod:`bibliometrics.openalex.group_by`; what every request passes on
its way, the archive first, in :mod:`bibliometrics.openalex.policy`. Here a few requests at a time
are kept in flight.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Self

import pandas as pd

from bibliometrics.errors import (
    BibliometricsError,
    InputError,
    KeyRefusedError,
    NetworkError,
    PartialAnswerError,
    RefusedError,
    ServerError,
)
from bibliometrics.openalex.archive import ResponseStore
from bibliometrics.openalex.contract import (
    ProbeAnswer,
    ProbeFinding,
    Resolved,
    resolve_suspects,
    run_cheap,
    run_probes,
    warn,
)
from bibliometrics.openalex.credentials import (
    API_URL,
    Address,
    check_key,
    check_secrecy,
    parse_address,
)
from bibliometrics.openalex.group_by import (
    Answer,
    Cells,
    Outcome,
    Refusal,
    Walk,
    count_works,
    list_years,
    run_walks,
)
from bibliometrics.openalex.institutions import (
    Member,
    Remaining,
    compare_members,
    find_institutions,
    list_members,
    look_up,
    read_member,
    read_remaining,
    resolve,
    universities_request,
)
from bibliometrics.openalex.policy import Budget, Event, Policy, RateLimiter, ignore
from bibliometrics.openalex.query import (
    CREDIT_USD,
    ROWS,
    VALUES,
    Request,
    sure_requests,
    widest_questions,
    without_corpus,
)
from bibliometrics.openalex.session import ApiSession, Client
from bibliometrics.study.model import ID_PATTERN, Institution, Study
from bibliometrics.study.questions import TEXT_KEYS, Question

#: What a pull records where the corpus parameter is sent, and what a server says that has none.
SENT: Final = "core"
NO_CORPUS: Final = "corpus is not a valid parameter"
PROBE_S: Final = 90.0
CHEAP_S: Final = 20.0


class OpenAlex:
    """The OpenAlex API as a source of counts. A context manager; several may be open at once."""

    def __init__(
        self,
        pull: ResponseStore | None,
        *,
        base_url: str | Address = API_URL,
        key: str | None = None,
        rate: float = 5.0,
        budget_usd: float | None = None,
        offline: bool = False,
        workers: int = 4,
        timeout: tuple[float, float] = (5.0, 30.0),
        on_event: Callable[[Event], object] | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _check_limits(rate, budget_usd, workers)
        stopped = threading.Event()
        sleep = sleep or stopped.wait
        self.notes: list[str] = []
        self.workers = workers
        self._policy = Policy(
            pull,
            Budget(budget_usd),
            RateLimiter(rate, sleep, clock),
            parse_address(base_url) if isinstance(base_url, str) else base_url,
            check_key(key) if key else None,
            offline=offline,
            sleep=sleep,
            tell=_one_at_a_time(on_event or ignore),
            stopped=stopped,
        )
        if key and self._policy.address.userinfo:
            msg = "both an API key and a user name in the API address are set."
            raise InputError(
                msg, "unset OPENALEX_API_KEY, or take the user name out of the address"
            )
        check_secrecy(key, self._policy.address)
        self._client = Client(self._policy, connections=workers, timeout=timeout)
        self._asked: dict[Request, Future[Outcome]] = {}
        self._takes_corpus = True
        self._corpus_known = False
        self._below: dict[str, list[Member]] = {}

    def __repr__(self) -> str:
        """Return server and pull, never the key."""
        return f"<OpenAlex {self._policy.address.host} {self._policy.pull!r}>"

    def __enter__(self) -> Self:
        """Let pyalex use our sessions."""
        self._client.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give pyalex its own session back, and close all connections."""
        self._client.__exit__(kind, error, trace)

    @property
    def calls(self) -> int:
        """Calls made by this run, retries among them."""
        return self._policy.budget.calls

    @property
    def cost_usd(self) -> float:
        """What this run has spent, in USD."""
        return self._policy.budget.cost_usd

    @property
    def credits(self) -> int:
        """What this run has spent, in credits of $0.0001."""
        return round(self.cost_usd / CREDIT_USD)

    @property
    def remaining_usd(self) -> float | None:
        """What the server says is left of today's budget, or None if it has not said."""
        return self._policy.budget.remaining_usd

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Take saved answers only, for a while."""
        before, self._policy.offline = self._policy.offline, True
        try:
            yield
        finally:
            self._policy.offline = before

    def forget(self) -> None:
        """Look for every answer anew where answers are saved."""
        self._asked.clear()

    def fetch(self, request: Request) -> Any:
        """Return the record, or the rows with their ``meta``, of one request."""
        self._policy.stopped.clear()
        if request.corpus and not self._corpus_known:
            self._settle_corpus(request, {})
        return self._client.fetch(request if self._takes_corpus else without_corpus(request))

    def answer(self, question: Question) -> pd.DataFrame:
        """Return the frame of one question; see :meth:`answer_all`."""
        return self.answer_all([question])[question]

    def answer_all(self, questions: Iterable[Question]) -> dict[Question, pd.DataFrame]:
        """Answer questions, a few requests at once, and ask nothing twice."""
        meant = self._resolve(questions)
        cells = self._run(meant.values(), self._client.session, self._asked)
        return {question: to_frame(question, cells[meant[question]]) for question in meant}

    def _resolve(self, questions: Iterable[Question]) -> dict[Question, Question]:
        """Return each question, and the same with the institutions that its rule leaves by now."""
        self._policy.stopped.clear()
        return {
            one: resolve(one, self.list_below(one.lineage[0]))
            if one.not_below and not one.is_empty
            else one
            for one in questions
        }

    def repeat_sentinels(self, questions: Iterable[Question]) -> list[Question]:
        """
        Ask some questions a second time, and return those whose counts have moved meanwhile.

        The second answers are saved beside the first.
        """
        meant = self._resolve(questions)
        first = self._run(meant.values(), self._client.session, self._asked)
        with self._client.new_session(replace(self._policy, suffix="-end")) as session:
            again = self._run(meant.values(), session, {})
        return [one for one, resolved in meant.items() if first[resolved] != again[resolved]]

    def _outcome(self, request: Request) -> Outcome:
        """Return the answer to a request, or the refusal that decides how to go on."""
        if not self._takes_corpus:
            request = without_corpus(request)
        try:
            rows = self._client.fetch(request)
        except (ServerError, RefusedError) as error:
            policy = self._client.current_session().policy
            saved = policy.find(request)
            if policy.pull is not None and (saved is None or saved.accepted):
                raise
            return Refusal(error)
        return Answer(rows.meta, rows)

    def _settle_page_size(
        self, first: Request | None, asked: dict[Request, Future[Outcome]]
    ) -> int:
        """Return how many groups a page may have: the first request, asked alone, finds it out."""
        pull = self._policy.pull
        size = pull.settings.get("per_page") if pull else None
        if isinstance(size, int) or first is None or self._policy.offline:
            return size if isinstance(size, int) else ROWS
        if first not in asked:
            asked[first] = done = Future[Outcome]()
            done.set_result(self._outcome(first))
        outcome = asked[first].result()
        refused = isinstance(outcome, Refusal) and isinstance(outcome.error, RefusedError)
        size = VALUES if refused else ROWS
        if pull:
            pull.decide("per_page", size)
        return size

    def _settle_corpus(self, first: Request | None, asked: dict[Request, Future[Outcome]]) -> None:
        """
        Find out whether the server knows the corpus parameter: the first request, asked alone.

        Where it doesn't, its default must be the core corpus, which one more call checks.
        """
        pull = self._policy.pull
        said = pull.settings.get("corpus") if pull else None
        if said or self._policy.offline:
            self._takes_corpus, self._corpus_known = said == SENT, True
        if first is None or self._corpus_known:
            return
        try:
            outcome = self._outcome(first)
        except RefusedError as error:
            if NO_CORPUS not in error.message:
                raise
            outcome = Refusal(error)
        refused = isinstance(outcome, Refusal) and NO_CORPUS in outcome.error.message
        if refused:
            self._takes_corpus = False
            outcome = self._outcome(first)
            self._check_default_corpus(first, outcome)
            self.notes.append(
                "OpenAlex took no corpus parameter; that its default is the core corpus was checked"
            )
        asked[first] = done = Future[Outcome]()
        done.set_result(outcome)
        told = outcome.error if isinstance(outcome, Refusal) else None
        self._corpus_known = told is None or isinstance(told, RefusedError | PartialAnswerError)
        if pull and self._corpus_known:
            pull.decide("corpus", SENT if self._takes_corpus else "default")

    def _check_default_corpus(self, first: Request, outcome: Outcome) -> None:
        """Raise ServerError unless as many works come as with the core corpus's own filter."""
        if first.corpus != "core":
            outcome = self._outcome(replace(first, corpus="core"))
        text = ",".join(filter(None, (first.filter, "is_xpac:false")))
        core = self._outcome(replace(first, filter=text, corpus=""))
        for one in (outcome, core):
            if isinstance(one, Refusal):
                raise one.error
        found, wanted = (one.meta["count"] for one in (outcome, core) if isinstance(one, Answer))
        if abs(found - wanted) > wanted / 1000:
            msg = f"OpenAlex's default corpus is not the core corpus: {found} works, not {wanted}."
            raise ServerError(msg, "look for a newer version of this package")

    def _run(
        self,
        questions: Iterable[Question],
        session: ApiSession,
        asked: dict[Request, Future[Outcome]],
    ) -> dict[Question, Cells]:
        """Walk through all questions at once, a few requests in flight."""
        questions = list(dict.fromkeys(questions))
        requests = sure_requests(questions)
        grouped = next((request for request in requests if request.group_by), None)
        self._settle_corpus(grouped or next(iter(requests), None), asked)
        size = self._settle_page_size(grouped, asked)
        self._policy.stopped.clear()
        session.policy.failure = None
        pool = ThreadPoolExecutor(self.workers, initializer=self._client.use, initargs=(session,))

        def go(walks: list[Walk]) -> dict[Question, Any]:
            return run_walks(walks, asked, lambda request: pool.submit(self._outcome, request))

        try:
            wide = widest_questions(questions)
            found = go([Walk(one, list_years(one, per_page=size)) for one in wide])
            years = {one.institution_ids: found[one] for one in wide}
            return go(
                [
                    Walk(one, count_works(one, per_page=size, years=years.get(one.institution_ids)))
                    for one in questions
                ]
            )
        except BaseException:
            self._policy.stopped.set()
            asked.clear()  # what was answered is in the archive
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def check(self, study: Study) -> None:
        """
        Check within seconds that the server is there, takes the key and knows the institution.
        """
        if self._policy.offline:
            return
        try:
            self.notes += self._client.in_time(lambda: look_up(study, self._client.fetch))
        except ServerError:  # there, but busy
            self.notes += self._client.unsaved(lambda: look_up(study, self._client.fetch))

    def remaining(self) -> Remaining | None:
        """
        Ask what is left of today's budget: free, with a key only; None if the server won't say.
        """
        if self._policy.key is None or self._policy.offline:
            return None
        address = f"{API_URL}/rate-limit"
        try:
            data = self._client.in_time(lambda: self._client.current_session().get(address).json())
        except (NetworkError, ServerError, RefusedError):
            return None
        return read_remaining(data)

    def members(self, institution: Institution) -> list[Member]:
        """List an institution and everything below it, as the server has it now."""
        found = self.list_below(institution.id)
        self.notes += compare_members(institution, found)
        return found

    def find(self, text: str) -> list[Member]:
        """Look up an institution by OpenAlex id, ROR id or name: one, or those with such a name."""
        found: list[Member] = self._client.in_time(
            lambda: find_institutions(text, self._client.fetch)
        )
        return found

    def record(self, institution_id: str) -> dict[str, Any]:
        """Return the whole record of an institution."""
        asked = Request(path=f"institutions/{institution_id}")
        return dict(self._client.in_time(lambda: self._client.fetch(asked)))

    def list_below(self, institution_id: str) -> list[Member]:
        """List an institution and everything below it, ascending by the number in the id."""
        if institution_id not in self._below:
            self._below[institution_id] = list_members(institution_id, self._client.fetch)
        return self._below[institution_id]

    def largest_universities(self, country: str, apart: str, most: int) -> list[Member]:
        """
        List a country's universities with most works, but for those under an institution.
        """
        listed = self._client.fetch(universities_request(country))
        found = [member for member in map(read_member, listed) if apart not in member.lineage]
        return [one for one in found if ID_PATTERN.fullmatch(one.id)][:most]

    def probe(self, study: Study) -> tuple[list[ProbeFinding], list[Resolved]]:
        """
        Ask what the counts take for granted about the API, and for ids of suspect institutions.
        """
        with_key = self._policy.key is not None
        found: tuple[list[ProbeFinding], list[Resolved]] = self._client.in_time(
            lambda: (
                run_probes(study, self._ask, with_key=with_key),
                resolve_suspects(study, self._ask),
            ),
            PROBE_S,
        )
        return found

    def probe_cheaply(self, study: Study) -> None:
        """Note what would change counts silently; never fails, and saves nothing."""
        if self._policy.offline:
            return
        try:
            found = self._client.in_time(lambda: run_cheap(study, self._ask), CHEAP_S)
        except (BibliometricsError, LookupError, AttributeError, TypeError, ValueError) as error:
            said = error.message if isinstance(error, BibliometricsError) else type(error).__name__
            self.notes.append(f"what the counts take for granted was not probed: {said}")
        else:
            self.notes += warn(found)

    def _ask(self, target: str) -> ProbeAnswer:
        """Ask for a path and query; a refusal is an answer too."""
        try:
            response = self._client.current_session().get(f"{API_URL}/{target}")
        except KeyRefusedError as error:
            if self._policy.key is not None:
                raise
            return ProbeAnswer(401, message=error.message)
        except (ServerError, RefusedError) as error:
            return ProbeAnswer(getattr(error, "status", 0), message=error.message)
        return ProbeAnswer(200, response.json(), response.headers)


def _check_limits(rate: float, budget_usd: float | None, workers: int) -> None:
    if not 0 < rate <= 100 or workers < 1:
        msg = f"rate {rate:g} with {workers} workers can't be used."
        raise InputError(msg, "give a rate between 0 and 100 requests a second, such as --rate 5")
    if budget_usd is not None and not 0 <= budget_usd < float("inf"):
        msg = f"budget {budget_usd} is not an amount in USD."
        raise InputError(msg, "give an amount such as --budget 0.05")


def _one_at_a_time(tell: Callable[[Event], object]) -> Callable[[Event], object]:
    """Return the callable guarded, so that events of several threads don't mix."""
    guard = threading.Lock()

    def guarded(event: Event) -> None:
        with guard:
            tell(event)

    return guarded


def to_frame(question: Question, cells: Cells) -> pd.DataFrame:
    """
    Return counts as the frame that every source gives for a question.

    >>> to_frame(Question(group_by=("year",)), {(2008,): 5, (2007,): 3})
       year  n_works
    0  2007        3
    1  2008        5
    """
    rows = [(*key, number) for key, number in sorted(cells.items())]
    frame = pd.DataFrame(rows, columns=[*question.group_by, "n_works"])
    frame = frame.astype({name: "str" if name in TEXT_KEYS else "int64" for name in frame.columns})
    frame.attrs["complete"] = getattr(cells, "complete", True)
    return frame


def ask_remaining(address: str | Address, key: str) -> Remaining | None:
    """Ask what is left of today's budget of a key; see :meth:`OpenAlex.remaining`."""
    with OpenAlex(None, base_url=address, key=key) as source:
        return source.remaining()
