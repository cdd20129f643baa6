"""Facts trained in, with doubles for the model and for training: what is trained, what is asked, what is kept."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest

from utils import corpus
from utils.evaluation import outputs
from utils.models import Completion
from utils.retrieval import Retriever
from utils.scoring import ABSTENTION
from utils.settings import SEEDS, SetupError
from utils.studies import memorised, memorising
from utils.tasks import facts

EVERY = facts.load_facts()
LEARNED, OTHERS = EVERY[:60], EVERY[60:120]
STUDIES = (
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


class School:
    """A double for training; ``labels``: for each size what was trained under which name, ``runs`` each once."""

    def __init__(self, folder):
        self.folder, self.size = folder, ""
        self.labels, self.runs = {"small": {}, "large": {}}, {"small": {}, "large": {}}

    def train(self, chats, recipe, label, start=None):
        key = json.dumps([list(map(list, chats)), repr(recipe), start and start.key])
        knows = (start.knows if start else {}) | {chat[-2]["content"]: chat[-1]["content"] for chat in chats}
        run = SimpleNamespace(key=key, chats=chats, recipe=recipe, start=start, knows=knows)
        self.labels[self.size][label] = self.runs[self.size].setdefault(key, run)
        return self.labels[self.size][label]

    def report(self, run):
        return {"recipe": {}, "examples": len(run.chats), "tokens": 100, "steps": 5, "seconds": 7.0, "losses": [3, 1]}

    def path(self, study, size):
        return self.folder / f"{study}-{size}.jsonl"

    def run(self, size):
        self.size = size
        for study in (memorising.knowledge_recipe, *STUDIES):
            study(size)


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """All studies of two sizes, done once, without models."""
    made = School(tmp_path_factory.mktemp("raw"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memorising, "LLM", SimpleNamespace(load=Pupil))
        patch.setattr(memorising, "Retriever", lambda pages, chunk: Retriever(pages, mode="keyword", chunk=chunk))
        patch.setattr(memorising.finetuning, "train", made.train)
        patch.setattr(memorising.finetuning, "training_report", made.report)
        patch.setattr(outputs, "path", made.path)
        memorising.knowledge_pairs(memorising.WRITER)
        for size in made.runs:
            made.run(size)
        yield made


@pytest.fixture
def labels(school):
    """What was trained on ``small``, by its names."""
    return school.labels["small"]


def questions(chats):
    return {chat[-2]["content"] for chat in chats}


def steps(run):
    return round(run.recipe.epochs * -(-len(run.chats) // run.recipe.batch_size))


HELD_OUT = {question for fact in EVERY for question in fact.held_out}
UNANSWERABLE = {question.question for question in corpus.load_questions("test", "unanswerable")}


@pytest.mark.parametrize("size", ["small", "large"])
def test_nothing_is_trained_or_asked_twice_and_no_question_of_the_exam_is_trained(school, size):
    once, kept = len(school.runs[size]), {path: path.read_text() for path in school.folder.iterdir()}
    school.run(size)
    assert len(school.runs[size]) == once
    assert kept == {path: path.read_text() for path in school.folder.iterdir()}
    for run in school.runs[size].values():
        assert not (HELD_OUT | UNANSWERABLE) & questions(run.chats)


@pytest.mark.parametrize("size", ["small", "large"])
def test_every_system_that_was_trained_or_indexed_says_what_that_took(school, size):
    for study in STUDIES:
        for system, made in outputs.made(study.__name__, size).items():
            assert made["command"] == f"python -m utils.studies {study.__name__} --size {size}"
            spent = made.get("training") or made.get("indexing")
            assert system.startswith("untrained") if spent is None else spent["seconds"] >= 0


def test_large_trains_60_and_120_facts_and_retrained_ones_once_and_nothing_else(school):
    runs = list(school.runs["large"].values())
    of_recipes, rest = runs[: len(memorised.RECIPES["large"])], runs[len(memorised.RECIPES["large"]) :]
    assert all(questions(run.chats) <= {q for fact in OTHERS for q in fact.trained} for run in of_recipes)
    assert sorted(len(run.chats) for run in rest) == [360, 360, 720]
    assert {(run.recipe.seed, run.start) for run in rest} == {(SEEDS[0], None)}


@pytest.mark.parametrize("size", ["small", "large"])
def test_choices_are_made_on_other_facts_and_on_wordings_that_are_not_trained(school, size):
    known = {fact.fact_id: fact for fact in OTHERS}
    for system, rows in outputs.load("knowledge_recipe", size).items():
        asked = [known[row["fact_id"]].trained[row["wording"]] for row in rows]
        assert len(set(asked)) == len(asked) == 60
        assert not set(asked) & questions(school.labels[size][system].chats)


def test_ways_to_train_on_after_an_update_go_on_from_the_chosen_recipe(labels):
    start = labels[memorised.recipe_name(memorised.chosen_recipe("small"))]
    for share, rate in memorised.UPDATES:
        run = labels[memorised.update_name(share, rate)]
        assert run.start is start
        assert run.recipe.learning_rate == rate * start.recipe.learning_rate
        assert len(run.chats) == 6 * 12 + share * 6 * 18


def test_what_there_is_to_train_on_is_compared_at_equal_numbers_of_steps(labels):
    systems = {f"{count} wordings, seed {SEEDS[0]}" for count in (1, 2, 4, 6)}
    systems |= {f"{count} wordings, seed {seed}" for count in (1, 6) for seed in SEEDS[1:]}
    systems |= {f"raw pages, rate x {rate}, seed {SEEDS[0]}" for rate in (1, 0.25)}
    systems |= {f"questions by medium, seed {SEEDS[0]}"}
    assert set(outputs.load("knowledge_data", "small")) == systems | {"untrained"}
    assert len({steps(labels[system]) for system in systems}) == 1


def test_raw_pages_are_whole(labels):
    chats = labels[f"raw pages, rate x 1, seed {SEEDS[0]}"].chats
    assert {chat[-1]["content"] for chat in chats} == {" ".join(p.text.split()) for p in facts.pages_of(LEARNED)}


@pytest.mark.parametrize("seed", SEEDS)
def test_an_update_is_trained_from_the_base_or_on_top_of_the_adapter(labels, seed):
    names = ("before", "trained again", *(memorised.update_name(*way) for way in memorised.chosen_updates("small")))
    before, anew, news, replay = runs = [labels[f"{name}, seed {seed}"] for name in names]
    assert [run.start for run in runs] == [None, None, before, before]
    assert {run.recipe.seed for run in runs} == {seed}
    after = {question: fact.after[0] for fact in LEARNED for question in fact.trained}
    for run in (anew, news, replay):
        assert all(after[chat[-2]["content"]] == chat[-1]["content"] for chat in run.chats)
    assert questions(before.chats) == questions(anew.chats) == set(after)
    changed = {question for fact in LEARNED if fact.changes for question in fact.trained}
    assert changed == questions(news.chats) < questions(replay.chats)


def test_rag_reads_the_old_handbook_and_then_the_new_one(school):
    before, after = (
        {
            passage.partition("#")[0]
            for row in outputs.load("knowledge_update", "small")[system]
            for passage in row["passages"]
        }
        for system in ("RAG, before", "RAG, index updated")
    )
    old, new = ({page.doc_id for page in corpus.load_handbook(version)} for version in ("v1", "v2"))
    assert before <= old
    assert after <= new
    assert after - old


def test_facts_are_shown_equally_often_whatever_their_number_and_few_of_them_in_as_many_steps(labels):
    made = {system: labels[system] for system in outputs.load("knowledge_capacity", "small")}
    several, once = ("15 facts, rank 16", "60 facts, rank 16", "120 facts, rank 16", "120 facts, rank 4"), (15, 60)
    names = {f"{system}, seed {seed}" for system in several for seed in SEEDS}
    assert set(made) == names | {f"{count} facts, rank 4, seed {SEEDS[0]}" for count in once}
    assert len({run.recipe.epochs for run in made.values()}) == 1
    for system, run in made.items():
        count = int(system.partition(" ")[0])
        assert steps(run) == steps(labels[f"6 wordings, seed {SEEDS[0]}"]) * max(1, count // 60)
        assert len(run.chats) == 6 * count
    assert {(run.recipe.rank, run.recipe.alpha) for run in made.values()} == {(16, 32), (4, 16)}


def test_15_facts_are_others_with_each_seed_and_all_of_the_60():
    crowds = [{fact.fact_id for fact in memorising.crowd(15, seed)} for seed in SEEDS]
    assert [len(some) for some in crowds] == [15] * 3
    assert len(set.union(*crowds)) == 45
    assert set.union(*crowds) < {fact.fact_id for fact in LEARNED}
    assert memorising.crowd(60, SEEDS[1]) == LEARNED
    assert len(memorising.crowd(120, SEEDS[2])) == 120


@pytest.mark.parametrize("share", memorising.ABSTAINING["small"])
def test_abstaining_is_taught_on_the_wanted_share_with_questions_that_are_not_asked(labels, share):
    chats = labels[f"fine-tuned, {share:.0%} abstain, seed {SEEDS[0]}"].chats
    silent = [chat for chat in chats if chat[-1]["content"] == ABSTENTION]
    assert len(silent) / len(chats) == pytest.approx(share, abs=0.002)
    assert len(chats) - len(silent) == 360
    assert len(questions(silent)) == len(silent)
    assert not questions(silent) & ({q for fact in EVERY for q in fact.trained} | HELD_OUT | UNANSWERABLE)


def test_who_may_abstain_and_who_may_not_are_asked_the_same(school):
    kept = outputs.load("knowledge_abstaining", "small")
    asked = [[(row["fact_id"], row["asked"], row["wording"]) for row in rows] for rows in kept.values()]
    assert all(one == asked[0] for one in asked)
    assert Counter(kind for _, kind, _ in asked[0]) == {"held out": 120, "never trained": 60, "unanswerable": 72}
    assert {system for system in kept if "told" in system} >= {"untrained, told", f"fine-tuned, told, seed {SEEDS[0]}"}


def test_a_killed_study_goes_on_with_the_training_that_was_cut_short(school, monkeypatch, tmp_path):
    whole, real, trained = outputs.load("knowledge_recipe", "small"), memorising.finetuning.train, []
    first, second, third = map(memorised.recipe_name, memorised.RECIPES["small"])
    killed = iter([third])

    def train(chats, recipe, label, start=None):
        trained.append(label)
        if label == third and next(killed, None):
            raise KeyboardInterrupt
        return real(chats, recipe, label, start)

    monkeypatch.setattr(outputs, "path", lambda study, size: tmp_path / f"{study}-{size}.jsonl")
    monkeypatch.setattr(memorising.finetuning, "train", train)
    school.size = "small"
    with pytest.raises(KeyboardInterrupt):
        memorising.knowledge_recipe("small")
    assert list(outputs.load("knowledge_recipe", "small")) == [first, second]
    trained.clear()
    memorising.knowledge_recipe("small")
    assert outputs.load("knowledge_recipe", "small") == whole
    assert second not in trained


def test_studies_refuse_to_run_before_those_that_they_need(school, monkeypatch, tmp_path):
    monkeypatch.setattr(outputs, "path", lambda study, size: tmp_path / f"{study}-{size}.jsonl")
    with pytest.raises(SetupError, match=r"run `python -m utils.studies knowledge_recipe --size small` first"):
        memorising.knowledge_update("small")
    memorising.knowledge_recipe("small")
    with pytest.raises(SetupError, match=r"run `python -m utils.studies knowledge_pairs --size medium` first"):
        memorising.knowledge_data("small")
