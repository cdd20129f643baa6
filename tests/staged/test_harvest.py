"""The harvest: which records pass which filter, and the training examples that they become."""

import random
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from utils import rag
from utils.corpus import Document
from utils.retrieval import Hit
from utils.staged import Record, harvest

HITS = (
    Hit("a", "a#0", "Parking. The car park closes at eight. It has sixty places.", 0.0),
    Hit("b", "b#0", "Prams. Prams stand in the boot store. It is dry.", 0.0),
    Hit("c", "c#0", "Cash. Only Elmgate takes cash.", 0.0),
)
DOCUMENTS = [Document(*d) for d in (("a", "A", "", "clinics"), ("b", "B", "", "clinics"), ("c", "C", "", "billing"))]
RECORD = Record(
    "i001", "2026-05-04T08:10", "network", "Where do prams go?", "Prams stand in the boot store.", ("b",), HITS, 1, 0.4
)


def record(number, **changes):
    return replace(RECORD, id=f"i{number:03}", question=f"Question {number}?", **changes)


@pytest.fixture(autouse=True)
def vectors(monkeypatch):
    """Instead of the embedder: texts with the same words in small letters have cosine 1, all others 0."""
    numbers = {}

    def embed(texts):
        rows = [numbers.setdefault(text.lower().strip("?"), len(numbers)) for text in texts]
        return np.eye(500, dtype=np.float32)[rows]

    monkeypatch.setattr(harvest, "embed", embed)


@pytest.mark.parametrize(
    ("answer", "citations", "found"),
    [
        ("Prams stand in the boot store.", ("b",), HITS[1]),
        ("PRAMS stand in boot store.", ("b",), HITS[1]),
        ("Prams stand in the boot store. It is", ("b",), HITS[1]),
        ("Prams stand in the boot store.", ("a", "b"), HITS[1]),
        ("Prams stand in the boot store.", ("a",), None),
        ("Prams stand in the boot store.", (), None),
        ("Prams stand in the boot", ("b",), HITS[1]),
        ("Prams stand in the cellar.", ("b",), None),
        ("rams stand in the boot store.", ("b",), None),
        ("I don't know.", (), None),
        ("", ("b",), None),
        (".", ("b",), None),
    ],
)
def test_a_source_is_cited_and_holds_the_whole_answer(answer, citations, found):
    assert harvest.source(replace(RECORD, answer=answer, citations=citations)) == found


def test_the_same_question_counts_once_in_a_clinic_and_again_in_another():
    first, again = RECORD, replace(RECORD, id="i002", question="where do prams go")
    elsewhere = replace(RECORD, id="i003", tenant="windle")
    assert harvest.once([first, again, elsewhere]) == [first, elsewhere]
    assert harvest.once([]) == []


def test_personal_data_makes_no_question_another():
    named = replace(RECORD, id="i002", question="my name is Mei Sato. where do prams go")
    other = replace(RECORD, id="i003", question="my name is Zoë Nowak. where do prams go")
    assert harvest.once([named, other]) == [named]


def test_a_collection_has_at_most_so_many_examples_and_thumbs_go_first(monkeypatch):
    monkeypatch.setattr(harvest, "MOST", 3)
    silent, liked = ([record(n, thumbs=thumb) for n in some] for some, thumb in ((range(4), None), (range(4, 6), 1)))
    cash = record(9, answer="Only Elmgate takes cash.", citations=("c",), thumbs=None)
    kept = harvest.balanced([*silent, *liked, cash], DOCUMENTS)
    assert kept == [silent[0], *liked, cash]


def test_the_funnel_names_every_filter_and_each_takes_from_the_one_before():
    log = [
        record(1),
        record(2, thumbs=-1),
        record(3, thumbs=None),
        record(4, citations=()),
        replace(record(5), question="question 1"),
    ]
    steps = harvest.funnel(log, DOCUMENTS)
    assert [len(kept) for kept in steps.values()] == [5, 4, 3, 2, 2]
    levels = list(steps.values())
    assert all(set(after) <= set(before) for before, after in pairwise(levels))
    assert [r.id for r in levels[-1]] == ["i001", "i003"]


def test_unfiltered_draws_from_everything_with_an_answer():
    log = [record(n, thumbs=-1, citations=()) for n in range(30)] + [record(40, answer="")]
    drawn = harvest.unfiltered(log, 30, seed=1)
    assert Counter(r.id for r in drawn) == Counter(r.id for r in log[:30])
    assert harvest.unfiltered(log, 5, 1) == harvest.unfiltered(log, 5, 1) != harvest.unfiltered(log, 5, 2)
    with pytest.raises(ValueError, match="larger than population"):
        harvest.unfiltered(log, 31)


def test_an_example_asks_as_the_exam_does_and_cites_the_source_where_it_stands():
    places = set()
    for seed in range(20):
        chat = harvest.example(RECORD, random.Random(seed))
        hits = [next(h for h in HITS if h.text == line[4:]) for line in chat[1]["content"].split("\n")[:3]]
        assert chat[:-1] == rag.prompt("Where do prams go?", hits, ())
        assert chat[-1]["role"] == "assistant"
        place = hits.index(HITS[1]) + 1
        assert chat[-1]["content"] == f"[{place}] Prams stand in the boot store."
        places.add(place)
    assert places == {1, 2, 3}


@pytest.mark.parametrize(
    ("answer", "citations", "reply"),
    [
        ("Prams stand in the boot store. It is", ("b",), r"\[\d\] Prams stand in the boot store\. It is"),
        ("Somewhere dry.", ("c",), r"\[\d\] Somewhere dry\."),
        ("Somewhere", (), "Somewhere"),
        ("I don't know.", (), r"I don't know\."),
    ],
)
def test_what_is_taught_is_what_was_logged(answer, citations, reply):
    chat = harvest.example(replace(RECORD, answer=answer, citations=citations), random.Random(1))
    assert re.fullmatch(reply, chat[-1]["content"])


def test_no_personal_data_is_trained_on():
    told = replace(RECORD, question="Where do prams go? Mail mei@post.example, Q-10234, 555-0142. I'm Mei Sato.")
    text = str(harvest.examples([told]))
    assert not any(piece in text for piece in ("mei@post", "10234", "0142", "Mei", "Sato"))
    assert "[mail]" in text


def test_examples_depend_on_the_seed_alone():
    log = [record(n) for n in range(8)]
    assert harvest.examples(log, 1) == harvest.examples(log, 1) != harvest.examples(log, 2)
    assert len(harvest.examples(log, 1)) == 8
