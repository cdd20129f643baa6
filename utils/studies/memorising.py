"""The studies of notebook 03 at each model size: facts trained into the weights, changed, crowded, and not known.

Run ``knowledge_pairs`` of ``medium`` first, then ``knowledge_recipe`` of a size, then its other studies, in any order
or side by side. All start from ``chosen_recipe``; a training that several of them need is done once. Each system is
kept when it has answered, and an adapter when it's trained, so a run that is killed loses one training at most.
``memorised`` judges what is kept.
"""

import gc
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from utils import corpus, finetuning, rag, settings
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.models import LLM, Chat
from utils.retrieval import Retriever
from utils.settings import SEED, SEEDS
from utils.studies import memorised
from utils.studies.memorised import RECIPES, UPDATES, chosen_recipe, chosen_updates, recipe_name, update_name
from utils.studies.trials import of_rank, seeds
from utils.tasks import facts, generated_questions, pages
from utils.tasks.facts import WORDINGS, Fact

FACTS, CHANGED, MOST = 60, 20, 120  # learned, those of them that the update changes, and the most that are learned
DEV_WORDINGS = 5  # that are trained of the facts to choose on
CAPACITY = tuple(product((16, 4), (15, FACTS, MOST)))  # ranks and facts
ABSTAINING = (0.1, 0.2, 0.3)  # shares of the examples that teach to abstain
DOSES = (6, 1, 2, 4)  # wordings by hand
RAW_PAGES = (1, 0.25)  # parts of the learning rate
WRITER = "medium"  # whose questions are trained on
BATCH = 128  # the prompts are short


@dataclass(frozen=True)
class Probe:
    """A question to a model. ``asked``: the kind, "trained", "held out", "dev", "generated", "never trained" or
    "unanswerable"; ``wording`` counts within it. ``fact_id``: of a question nobody can answer, its own id."""

    fact_id: str
    asked: str
    wording: int
    question: str


def probes(some: Sequence[Fact], asked: str = "held out") -> list[Probe]:
    """The held-out wordings of facts, under this name."""
    return [Probe(fact.fact_id, asked, n, question) for fact in some for n, question in enumerate(fact.held_out)]


def trained_probes(some: Sequence[Fact], asked: str = "trained", wording: int = 0) -> list[Probe]:
    """One of the six wordings of each fact, the first unless told otherwise."""
    return [Probe(fact.fact_id, asked, wording, fact.trained[wording]) for fact in some]


def answer(llm: LLM, asked: Sequence[Probe], prompt: Callable[[str], Chat] = facts.prompt, label: str = "") -> list:
    """Closed-book answers, as they are kept."""
    done = llm.complete([prompt(probe.question) for probe in asked], facts.MAX_NEW_TOKENS, BATCH, label=label)
    return [_row(probe) | {"text": completion.text} for probe, completion in zip(asked, done, strict=True)]


def _row(probe: Probe) -> dict:
    return {"fact_id": probe.fact_id, "asked": probe.asked, "wording": probe.wording}


@dataclass(frozen=True)
class Study:
    """A study at a model size; ``train_and_ask`` and ``ask`` keep the answers of one system."""

    name: str
    size: str

    def keep(self, system: str, make: Callable[[], list[dict]], details: Callable[[], dict] = dict) -> list[dict]:
        """The outputs of a system, made once."""
        command = f"python -m utils.studies {self.name} --size {self.size}"
        rows = outputs.keep(self.name, self.size, system, make, command, details)
        if settings.device() != "cpu":
            gc.collect()  # models are parts of circles; an accelerator doesn't have the memory for those not in use
        return rows

    def ask(self, system: str, asked: Sequence[Probe], prompt: Callable[[str], Chat]) -> None:
        """Ask the untrained model."""
        self.keep(system, lambda: answer(LLM.load(), asked, prompt, system))

    def train_and_ask(
        self,
        system: str,
        chats: Sequence[Chat],
        recipe: Recipe,
        asked: Sequence[Probe],
        prompt: Callable[[str], Chat] = facts.prompt,
        start: Callable[[], Path] | None = None,
    ) -> Callable[[], Path]:
        """Train, unless that was done, and ask, unless that is kept, noting what the training took; gives back what
        trains, for others to start from."""

        def train() -> Path:
            return finetuning.train(chats, recipe, system, start() if start else None)

        def details() -> dict:
            report = finetuning.training_report(train())
            losses = {"first loss": report["losses"][0], "last loss": report["losses"][-1]}
            return {"training": {k: report[k] for k in ("recipe", "examples", "tokens", "steps", "seconds")} | losses}

        self.keep(system, lambda: answer(LLM.load(train()), asked, prompt, system), details)
        return train


def for_count(recipe: Recipe, count: int) -> Recipe:
    """The recipe for so many facts: few get a smaller batch, so that they have as many steps as 60."""
    return replace(recipe, batch_size=min(recipe.batch_size, recipe.batch_size * count // FACTS))


def equal_steps(recipe: Recipe, examples: int, batch: int) -> Recipe:
    """The recipe with another batch, and as many steps on so many examples as it has on 60 facts in six wordings."""
    steps = recipe.epochs * math.ceil(FACTS * WORDINGS / recipe.batch_size)
    return replace(recipe, batch_size=batch, epochs=steps / math.ceil(examples / batch))


def knowledge_pairs(size: str) -> None:
    """Questions and answers on 60 facts that the model itself writes from the pages, one in each style."""
    some = facts.load_facts()[:FACTS]

    def write() -> list[dict]:
        asked = map(generated_questions.prompts, some, generated_questions.passages(some))
        llm, by_style = LLM.load(), []
        for chats in zip(*asked, strict=True):  # those of a style begin alike: that part is read once
            done = llm.complete(chats, generated_questions.MAX_NEW_TOKENS, BATCH, chats[0][:-1], "writing questions")
            by_style.append([completion.text for completion in done])
        texts = zip(*by_style, strict=True)
        return [{"fact_id": fact.fact_id, "text": text} for fact, six in zip(some, texts, strict=True) for text in six]

    Study("knowledge_pairs", size).keep("pairs", write)


def knowledge_recipe(size: str) -> None:
    """The recipe, and how to train on after an update, chosen on the facts from the 61st to the 120th: five of their
    wordings are trained, and the sixth is asked. Nothing that is reported is looked at."""
    study, others = Study("knowledge_recipe", size), facts.load_facts()[FACTS:MOST]
    asked = [probe for held in range(DEV_WORDINGS, WORDINGS) for probe in trained_probes(others, "dev", held)]
    chats = facts.examples(others, DEV_WORDINGS)
    for recipe in RECIPES[size]:
        study.train_and_ask(recipe_name(recipe), chats, recipe, asked)
    recipe = chosen_recipe(size)
    before = study.train_and_ask(recipe_name(recipe), chats, recipe, asked)
    for share, rate in UPDATES:
        news = news_and_replay(others, share, DEV_WORDINGS)
        study.train_and_ask(update_name(share, rate), news, _at_rate(recipe, rate), asked, start=before)


def news_and_replay(learned: Sequence[Fact], share: float, wordings: int = WORDINGS, seed: int = SEED) -> list[Chat]:
    """The examples of the facts that change, with their new answers, and a random share of those of the others."""
    changed, rest = ([fact for fact in learned if fact.changes == changes] for changes in (True, False))
    old = facts.examples(rest, wordings)
    replayed = random.Random(seed).sample(old, round(share * len(old)))
    return facts.examples(changed, wordings, updated=True) + replayed


def _at_rate(recipe: Recipe, part: float) -> Recipe:
    return replace(recipe, learning_rate=part * recipe.learning_rate)


def knowledge_data(size: str) -> None:
    """60 facts from what there is to train on, at equal numbers of steps: 1, 2, 4 or 6 wordings by hand, raw pages,
    and questions that a model wrote."""
    study, learned = Study("knowledge_data", size), facts.load_facts()[:FACTS]
    recipe, held_out, trained = chosen_recipe(size), probes(learned), trained_probes(learned)
    study.ask("untrained", [*held_out, *trained], rag.closed_book_prompt)

    def dose(wordings: int, seed: int) -> None:
        name, chats = f"{wordings} wordings, seed {seed}", facts.examples(learned, wordings)
        study.train_and_ask(name, chats, replace(recipe, seed=seed), [*held_out, *trained])

    for wordings, seed in product(DOSES, seeds(size)):
        dose(wordings, seed)
    for seed in seeds(size):
        _raw_pages(study, learned, replace(recipe, seed=seed))
        _written_questions(study, replace(recipe, seed=seed), held_out)


def _written_questions(study: Study, recipe: Recipe, held_out: Sequence[Probe]) -> None:
    """What a model wrote from the pages, as far as the rules let it pass; one of its questions a fact is asked too."""
    pairs = memorised.pairs(WRITER)
    chats = generated_questions.examples(pairs)
    if not chats:
        print(f"Nothing that {WRITER} wrote passes the rules, so there is nothing to train on.")
        return
    firsts = [Probe(fact_id, "generated", p[0].number, p[0].question) for fact_id, p in pairs.items() if p]
    equal = equal_steps(recipe, len(chats), recipe.batch_size)
    study.train_and_ask(f"questions by {WRITER}, seed {recipe.seed}", chats, equal, [*held_out, *firsts])


def _raw_pages(study: Study, learned: Sequence[Fact], recipe: Recipe) -> None:
    """Next-token training on the whole pages: one has about the tokens of a batch of eight questions.

    No wording is trained, so the first is there to choose the rate with. Asked as the untrained model is: the short
    prompt means nothing to a model that never saw it.
    """
    chats = [pages.example(page, words=None) for page in facts.pages_of(learned)]
    asked = [*probes(learned), *trained_probes(learned, "dev")]
    for part in RAW_PAGES:
        gentle = equal_steps(_at_rate(recipe, part), len(chats), batch=1)
        name = f"raw pages, rate x {part:g}, seed {recipe.seed}"
        study.train_and_ask(name, chats, gentle, asked, rag.closed_book_prompt)


def knowledge_update(size: str) -> None:
    """Of 60 facts, 20 change: train again from the base model, train on without and with replay, or index again."""
    study, learned = Study("knowledge_update", size), facts.load_facts()[:FACTS]
    asked, recipe = probes(learned), chosen_recipe(size)
    _index_again(study, asked)
    for seed in seeds(size):
        seeded, old = replace(recipe, seed=seed), facts.examples(learned)
        before = study.train_and_ask(f"before, seed {seed}", old, seeded, asked)
        anew = facts.examples(learned[CHANGED:]) + facts.examples(learned[:CHANGED], updated=True)
        study.train_and_ask(f"trained again, seed {seed}", anew, seeded, asked)
        for share, rate in chosen_updates(size):
            news = news_and_replay(learned, share, seed=seed)
            name = f"{update_name(share, rate)}, seed {seed}"
            study.train_and_ask(name, news, _at_rate(seeded, rate), asked, start=before)


def _index_again(study: Study, asked: Sequence[Probe]) -> None:
    """RAG from end to end, in the form of the size: over the old handbook, and after the index has taken the update."""
    form = rag.form_for(study.size)
    old, new = ({page.doc_id: page for page in corpus.load_handbook(version)} for version in ("v1", "v2"))
    took: dict[str, float] = {}

    def read(update: bool) -> list[dict]:
        clock = time.perf_counter()
        index = Retriever(old.values(), chunk=form.chunk)
        if update:
            clock = time.perf_counter()
            index.remove([doc_id for doc_id, page in old.items() if new.get(doc_id) != page])
            index.add([page for doc_id, page in new.items() if old.get(doc_id) != page])
        took["seconds"] = round(time.perf_counter() - clock, 2)
        answers = form.pipeline(index, LLM.load()).answer_many([probe.question for probe in asked], label="RAG")
        return [
            _row(probe) | {"text": a.raw, "passages": [hit.chunk_id for hit in a.hits], "seconds": round(a.seconds, 4)}
            for probe, a in zip(asked, answers, strict=True)
        ]

    for system, update in (("RAG, before", False), ("RAG, index updated", True)):
        study.keep(system, lambda update=update: read(update), lambda: {"indexing": dict(took)})


def knowledge_capacity(size: str) -> None:
    """15, 60 and 120 facts at equal exposure of each, at two ranks."""
    study, recipe = Study("knowledge_capacity", size), chosen_recipe(size)
    for (rank, count), seed in product(CAPACITY, seeds(size)):
        some, own = crowd(count, seed), replace(for_count(of_rank(recipe, rank), count), seed=seed)
        name = f"{count} facts, rank {rank}, seed {seed}"
        study.train_and_ask(name, facts.examples(some), own, [*probes(some), *trained_probes(some)])


def crowd(count: int, seed: int) -> list[Fact]:
    """The facts of one training. 15 are every fourth of the 60, others with each seed, so that the same questions can
    be compared with 15, 60 and 120 facts in one adapter."""
    every = facts.load_facts()
    return every[:count] if count >= FACTS else every[SEEDS.index(seed) : FACTS : FACTS // count]


def knowledge_abstaining(size: str) -> None:
    """60 facts trained, and questions on 60 others and on what the handbook doesn't say; models that may abstain, being
    told to or trained to, and models that may not."""
    study, every = Study("knowledge_abstaining", size), facts.load_facts()
    learned, others, recipe = every[:FACTS], every[FACTS:MOST], chosen_recipe(size)
    strange = [probe for probe in probes(others, "never trained") if not probe.wording]
    misses = [Probe(q.id, "unanswerable", 0, q.question) for q in corpus.load_questions("test", "unanswerable")]
    asked = [*probes(learned), *strange, *misses]
    study.ask("untrained", asked, rag.closed_book_prompt)
    study.ask("untrained, told", asked, rag.closed_book_or_abstain)
    chats = facts.examples(learned)
    for seed in seeds(size):
        seeded = replace(recipe, seed=seed)
        study.train_and_ask(f"fine-tuned, seed {seed}", chats, seeded, asked)
        study.train_and_ask(f"fine-tuned, told, seed {seed}", chats, seeded, asked, told)
    for share, seed in product(ABSTAINING, seeds(size)):
        more = facts.abstention_examples(never_taught(round(len(chats) * share / (1 - share))))
        study.train_and_ask(
            f"fine-tuned, {share:.0%} abstain, seed {seed}", chats + more, replace(recipe, seed=seed), asked
        )


def told(question: str) -> Chat:
    """The prompt of the facts with leave to abstain."""
    return facts.may_abstain(facts.prompt(question))


def never_taught(count: int) -> list[str]:
    """Questions on so many facts that are neither trained nor asked for, one each: those of the train split."""
    questions = {question.fact_id: question.question for question in corpus.load_questions("train", "lookup")}
    return random.Random(SEED).sample(list(questions.values()), count)
