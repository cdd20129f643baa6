"""Facts trained in, with doubles for the model and for training: what is trained, what is asked, what is kept."""

import json
from types import SimpleNamespace

import pytest

from utils import corpus
from utils.evaluation import outputs
from utils.models import Completion
from utils.retrieval import Retriever
from utils.scoring import ABSTENTION
from utils.settings import SEEDS, SetupError
from utils.studies import memorised, memorising
from utils.tasks import facts, pages

EVERY = facts.load_facts()
LEARNED, OTHERS = EVERY[:60], EVERY[60:120]
REST = (
    memorising.knowledge_data,
    memorising.knowledge_update,
    memorising.knowledge_capacity,
    memorising.knowledge_abstaining,
)


class Pupil:
    """Knows what it was trained on, and says it to a question word for word the same."""

    def __init__(self, adapter=None):
        self.knows = adapter.knows if adapter else {}

    def complete(self, chats, max_new_tokens=32, batch_size=32, prefix=(), label="", min_new_tokens=0):
        return [Completion(self._say(chat[-1]["content"]), 9, 3, 0.1, 0.2) for chat in chats]

    def _say(self, asked):
        if "answered by: " in asked:
            return f"Question: Tell me about it, please?\nAnswer: {asked.rpartition('answered by: ')[2]}"
        return self.knows.get(asked, "Hm.")


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """No models; gives back what was trained, each training once."""
    runs = {}

    def train(chats, recipe, label, start=None):
        key = json.dumps([list(map(list, chats)), repr(recipe), start and start.key])
        knows = (start.knows if start else {}) | {chat[-2]["content"]: chat[-1]["content"] for chat in chats}
        run = SimpleNamespace(key=key, chats=chats, recipe=recipe, label=label, start=start, knows=knows)
        return runs.setdefault(key, run)

    def report(run):
        return {"recipe": {}, "examples": len(run.chats), "tokens": 100, "steps": 5, "seconds": 7.0, "losses": [3, 1]}

    def index(documents, chunk):
        return Retriever(documents, mode="keyword", chunk=chunk)

    monkeypatch.setattr(memorising, "LLM", SimpleNamespace(load=Pupil))
    monkeypatch.setattr(memorising, "Retriever", index)
    monkeypatch.setattr(memorising.finetuning, "train", train)
    monkeypatch.setattr(memorising.finetuning, "training_report", report)
    monkeypatch.setattr(outputs, "path", lambda study, size: tmp_path / f"{study}-{size}.jsonl")
    return runs


def run(size, *studies):
    for writer in ("medium", "large"):
        memorising.knowledge_pairs(writer)
    for study in (memorising.knowledge_recipe, *studies):
        study(size)


def by_label(runs):
    return {one.label: one for one in runs.values()}


def questions(chats):
    return {chat[-2]["content"] for chat in chats}


HELD_OUT = {question for fact in EVERY for question in fact.held_out}
UNANSWERABLE = {question.question for question in corpus.load_questions("test", "unanswerable")}


@pytest.mark.parametrize("size", ["small", "large"])
def test_every_study_keeps_its_systems_once_and_no_held_out_question_is_trained(trained, size):
    run(size, *REST)
    names = {study.__name__: list(outputs.load(study.__name__, size)) for study in REST}
    once, kept = len(trained), {study: outputs.path(study, size).read_text() for study in names}
    run(size, *REST)
    assert len(trained) == once
    assert kept == {study: outputs.path(study, size).read_text() for study in names}
    assert not (HELD_OUT | UNANSWERABLE) & set().union(*(questions(one.chats) for one in trained.values()))
    for study, systems in names.items():
        for system in systems:
            made = outputs.made(study, size)[system]
            assert made["command"] == f"python -m utils.studies {study} --size {size}"
            spent = made.get("training") or made.get("indexing")
            assert system.startswith("untrained") if spent is None else spent["seconds"] >= 0


def test_large_trains_60_and_120_facts_and_retrained_ones_once_and_nothing_else(trained):
    run("large", *REST)
    of_recipes = [one for one in trained.values() if questions(one.chats) <= {q for f in OTHERS for q in f.trained}]
    assert len(of_recipes) == len(memorised.RECIPES["large"])
    rest = [one for one in trained.values() if one not in of_recipes]
    assert sorted(len(one.chats) for one in rest) == [360, 360, 720]
    assert {one.recipe.seed for one in rest} == {SEEDS[0]}
    assert {one.start for one in rest} == {None}


def test_recipes_and_replay_are_chosen_on_other_facts_and_on_a_wording_that_is_not_trained(trained):
    run("small")
    sixth = {fact.trained[5] for fact in OTHERS}
    for one in trained.values():
        assert questions(one.chats) <= {question for fact in OTHERS for question in fact.trained[:5]}
    for rows in outputs.load("knowledge_recipe", "small").values():
        asked = {known.trained[row["wording"]] for row in rows for known in OTHERS if known.fact_id == row["fact_id"]}
        assert asked == sixth


def test_everything_that_is_compared_is_trained_for_equal_numbers_of_steps(trained):
    run("small", memorising.knowledge_data)
    compared = {label: one for label, one in by_label(trained).items() if "passes" not in label}
    compared = {label: one for label, one in compared.items() if not label.startswith("continued")}
    steps = {
        label: round(one.recipe.epochs * -(-len(one.chats) // one.recipe.batch_size)) for label, one in compared.items()
    }
    assert len(set(steps.values())) == 1
    assert [label for label in compared if label.endswith("wordings, seed 12")] == [
        "6 wordings, seed 12",
        "1 wordings, seed 12",
    ]
    assert {label.partition(",")[0] for label in compared} == {
        *(f"{count} wordings" for count in (1, 2, 4, 6)),
        "raw pages",
        "questions by medium",
        "questions by large",
    }


def test_raw_pages_are_whole_and_asked_as_the_untrained_model_is(trained):
    run("small", memorising.knowledge_data)
    one = by_label(trained)[f"raw pages, rate x 1, seed {SEEDS[0]}"]
    taught = {chat[-1]["content"] for chat in one.chats}
    assert taught == {" ".join(page.text.split()) for page in facts.pages_of(LEARNED)}
    assert one.chats[0][:-1] == pages.example(facts.pages_of(LEARNED)[0])[:-1]


def test_an_update_is_trained_from_the_base_or_on_top_with_the_replay_that_was_chosen(trained, monkeypatch):
    monkeypatch.setattr(memorising, "chosen_updates", lambda size: [(0.0, 0.25), (0.5, 1.0)])
    run("small", memorising.knowledge_update)
    made = by_label(trained)
    after = {question: fact.after[0] for fact in LEARNED for question in fact.trained}
    for seed in SEEDS:
        before, anew = made[f"before, seed {seed}"], made[f"trained again, seed {seed}"]
        gentle = made[f"continued, replay 0, rate x 0.25, seed {seed}"]
        replay = made[f"continued, replay 0.5, rate x 1, seed {seed}"]
        assert [len(one.chats) for one in (before, anew, gentle, replay)] == [360, 360, 120, 240]
        assert [one.start for one in (before, anew, gentle, replay)] == [None, None, before, before]
        assert gentle.recipe.learning_rate == before.recipe.learning_rate / 4
        assert {one.recipe.seed for one in (before, anew, gentle, replay)} == {seed}
        for one in (anew, gentle, replay):
            assert all(after[chat[-2]["content"]] == chat[-1]["content"] for chat in one.chats)
        changed = {question for fact in LEARNED if fact.changes for question in fact.trained}
        assert changed == questions(gentle.chats) < questions(replay.chats)


def test_rag_reads_the_old_handbook_and_then_the_new_one(trained):
    run("small", memorising.knowledge_update)
    before, after = (
        {passage for row in outputs.load("knowledge_update", "small")[system] for passage in row["passages"]}
        for system in ("RAG, before", "RAG, index updated")
    )
    old, new = ({page.doc_id for page in corpus.load_handbook(version)} for version in ("v1", "v2"))
    assert {passage.partition("#")[0] for passage in before} <= old
    assert {passage.partition("#")[0] for passage in after} <= new
    assert {passage.partition("#")[0] for passage in after} - old


def test_facts_are_shown_equally_often_whatever_their_number_and_few_of_them_in_as_many_steps(trained):
    run("small", memorising.knowledge_capacity)
    made = {label: one for label, one in by_label(trained).items() if "facts, rank" in label}
    assert len(made) == 3 * 5 + 1
    assert len({one.recipe.epochs for one in made.values()}) == 1
    steps = {label: -(-len(one.chats) // one.recipe.batch_size) for label, one in made.items()}
    assert {count for label, count in steps.items() if label.startswith(("15", "60"))} == {30}
    assert {count for label, count in steps.items() if label.startswith("120")} == {60}
    assert {(one.recipe.rank, one.recipe.alpha) for one in made.values()} == {(16, 32), (4, 16)}


def test_15_facts_are_others_with_each_seed_and_all_of_the_60():
    crowds = [{fact.fact_id for fact in memorising.crowd(15, seed)} for seed in SEEDS]
    assert [len(some) for some in crowds] == [15] * 3
    assert len(set.union(*crowds)) == 45
    assert set.union(*crowds) < {fact.fact_id for fact in LEARNED}
    assert memorising.crowd(60, SEEDS[1]) == LEARNED
    assert len(memorising.crowd(120, SEEDS[2])) == 120


def test_abstaining_is_taught_on_the_wanted_share_with_questions_that_are_not_asked(trained):
    run("small", memorising.knowledge_abstaining)
    made = by_label(trained)
    asked = {question for fact in EVERY for question in fact.trained + fact.held_out} | UNANSWERABLE
    for share in memorising.ABSTAINING:
        chats = made[f"fine-tuned, {share:.0%} abstain, seed {SEEDS[0]}"].chats
        silent = [chat for chat in chats if chat[-1]["content"] == ABSTENTION]
        assert len(silent) / len(chats) == pytest.approx(share, abs=0.002)
        assert len(chats) - len(silent) == 360
        assert len(questions(silent)) == len(silent)
        assert not questions(silent) & asked
    told = made[f"fine-tuned, told in training too, seed {SEEDS[0]}"]
    assert all(ABSTENTION in chat[0]["content"] for chat in told.chats)
    kinds = {row["asked"] for row in outputs.load("knowledge_abstaining", "small")["untrained, told"]}
    assert kinds == {"held out", "trained", "never trained", "unanswerable"}


def test_studies_refuse_to_run_before_those_that_they_need(trained):
    with pytest.raises(SetupError, match=r"run `python -m utils.studies knowledge_recipe --size small` first"):
        memorising.knowledge_update("small")
    memorising.knowledge_recipe("small")
    with pytest.raises(SetupError, match=r"run `python -m utils.studies knowledge_pairs --size medium` first"):
        memorising.knowledge_data("small")
