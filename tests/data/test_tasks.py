"""Tickets, notes, letters, claims, scenarios, prices, and the counts in the data card."""

import datetime as dt
import re
from collections import Counter
from itertools import combinations

import pytest
import yaml

from utils.corpus import load_handbook, load_questions, load_records, withdrawn_ids
from utils.evaluation import claims
from utils.scoring import mentions, normalise
from utils.scoring.statements import invented_in
from utils.settings import DATA
from utils.tasks import tickets

TICKETS, NOTES, VOICE, NEW_LETTERS = map(load_records, ("tickets", "notes", "voice", "new_letters"))
TERMS, CLAIMS, SCENARIOS, PRICES = (
    yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
    for name in ("notes_glossary", "claims", "scenarios", "prices")
)
RULES, GUIDE, CARD = (
    (DATA / name).read_text(encoding="utf-8") for name in ("ticket_rules.md", "voice_guide.md", "README.md")
)
APPROACHES = {"prompting", "cached_prompt", "rag", "fine_tuning", "fine_tuned_rag", "staged_hybrid"}
CHOICES = {
    "change_frequency": "daily weekly monthly yearly never unknown",
    "knowledge": "static dynamic mixed unknown",
    "citations": "required useful not_needed unknown",
    "factual_accuracy": "critical high moderate low unknown",
    "style": "critical useful not_needed unknown",
    "primary_constraint": "latency accuracy cost none unknown",
    "domain": "general specialised highly_specialised unknown",
    "training_budget": "none small ample unknown",
    "growth": "stable growing fast unknown",
    "team_skills": "none software machine_learning unknown",
}
SWITCHES = {"deletion_duty", "offline"}
NUMBERS = {"labelled_examples", "documents", "tenants", "answers_per_day", "latency_limit_seconds"}
PASSIVE = re.compile(
    r"\b(?:is|are|was|were|been|being|be|got)\s+(?:\w+ly\s+|not\s+|now\s+)?"
    r"(?:\w+ed|sent|made|found|taken|given|paid|held|kept|put|seen|done|shown|written|brought|chosen)\b",
    re.I,
)


def near_copies(rows: list[dict], key: str) -> list[tuple[str, str]]:
    grams = {}
    for row in rows:
        parts = normalise(row[key]).split()
        grams[row["id"]] = {tuple(parts[start : start + 4]) for start in range(len(parts) - 3)}
    pairs = combinations(grams, 2)
    return [(a, b) for a, b in pairs if len(grams[a] & grams[b]) > 0.4 * max(1, min(len(grams[a]), len(grams[b])))]


def stands_in(term: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text))


@pytest.mark.parametrize(
    ("rows", "least", "key"),
    [
        (TICKETS, 320, "complaint"),
        (NOTES, 250, "note"),
        (VOICE, 120, "plain"),
        (VOICE, 120, "brand"),
        (NEW_LETTERS, 100, "plain"),
        (NEW_LETTERS, 100, "brand"),
    ],
    ids=[
        "tickets",
        "notes",
        "voice, plain",
        "voice, brand",
        "new letters, plain",
        "new letters, brand",
    ],
)
def test_a_task_has_enough_examples_in_three_splits_that_share_no_text(rows, least, key):
    assert len(rows) >= least
    assert len({row["id"] for row in rows}) == len({normalise(row[key]) for row in rows}) == len(rows)
    splits = Counter(row["split"] for row in rows)
    assert set(splits) == {"train", "dev", "test"}
    assert splits["test"] >= 30
    assert near_copies(rows, key) == []


def test_tickets_follow_the_written_rules():
    assignees = {row[0]: row[1:] for row in re.findall(r"^\| ([A-Z]+) \| ([\w. ]+?) \| ([\w. ]+?) \|$", RULES, re.M)}
    assert len(assignees) == 5
    for ticket in TICKETS:
        line = "Ticket #{number} - {category} - {priority} - Assigned to {assignee}".format(**ticket)
        assert ticket["ticket"] == line
        assert re.findall(r"(?<![\d.,])\d{5}(?!\d)", ticket["complaint"]) == [ticket["number"]], ticket["id"]
        assert ticket["priority"] in {"HIGH", "MEDIUM", "LOW"}
        assert ticket["assignee"] == assignees[ticket["category"]][ticket["priority"] != "HIGH"], ticket["id"]
        assert 15 <= len(ticket["complaint"].split()) <= 60, ticket["id"]
    assert len({ticket["number"] for ticket in TICKETS}) == len(TICKETS)


def test_the_prompt_of_the_tickets_says_what_the_rules_say_and_both_define_every_label():
    said, defined = re.sub(r"\s+", " ", tickets.RULES), {}
    for label, definition in re.findall(r"^(?:-|\d\.) \*\*([A-Z]+)\*\*:? (.+(?:\n  .+)*)", RULES, re.M):
        defined[label] = re.sub(r"\s+", " ", definition)
        assert defined[label] in said, label
    assert all(len(definition) > 30 for definition in defined.values())
    categories, priorities = ({ticket[field] for ticket in TICKETS} for field in ("category", "priority"))
    assert (set(tickets.CATEGORIES), set(tickets.PRIORITIES)) == (categories, priorities)
    assert set(defined) == categories | priorities
    for line in re.findall(r"^\|.+\|$", RULES, re.M):
        assert line in tickets.RULES


def test_ticket_labels_are_balanced_so_that_guessing_the_commonest_is_a_low_floor():
    for split in ("train", "dev", "test"):
        rows = [ticket for ticket in TICKETS if ticket["split"] == split]
        assert max(Counter(ticket["category"] for ticket in rows).values()) <= len(rows) / 4
        assert max(Counter(ticket["priority"] for ticket in rows).values()) <= len(rows) / 2


def test_the_items_of_a_note_cover_every_figure_and_every_alert_of_its_reading():
    for row in NOTES:
        assert len(row["items"]) >= 2
        uncovered = invented_in(row["reading"], ", ".join(row["items"]))
        assert [word for word in uncovered if word[0].isdigit() or "alert" in word] == [], row["id"]
        assert set(row["terms"]) <= set(TERMS)
        assert all(term in row["note"] for term in row["terms"]), row["id"]


def test_unseen_terms_of_notes_stand_in_test_notes_only_and_seen_ones_in_training():
    uses = Counter((term, row["split"]) for row in NOTES for term in row["terms"])
    unseen = {term for term, entry in TERMS.items() if not entry["seen_in_training"]}
    assert len(unseen) >= 10
    for term, entry in TERMS.items():
        least = {"train": 0, "dev": 0, "test": 2} if term in unseen else {"train": 3}
        assert all(uses[term, split] >= count for split, count in least.items()), term
        if term in unseen:
            assert entry["house"]
            assert (uses[term, "train"], uses[term, "dev"]) == (0, 0), term


@pytest.mark.parametrize("row", VOICE + NEW_LETTERS, ids=lambda row: row["id"])
def test_a_brand_text_keeps_the_facts_and_the_countable_rules_of_the_guide(row):
    for fact in row["facts"]:
        assert stands_in(fact, row["plain"]), fact
        assert stands_in(fact, row["brand"]), fact
    opening, body, close = row["brand"].split("\n")
    name = re.fullmatch(r"Hello (\w+),", opening)
    assert name
    assert stands_in(name[1], row["plain"])
    assert close == "Here whenever you need us."
    parts = re.split(r"(?<=[.?])\s+", body)
    assert max(len(part.split()) for part in parts) <= 16
    assert [part.startswith("Next,") for part in parts] == [False] * (len(parts) - 1) + [True]
    assert "!" not in row["brand"]
    assert {"we"} <= set(normalise(body).split()), "nobody speaks as we"
    assert {"you", "your", "yours"} & set(normalise(body).split()), "nobody is addressed"
    office_words = re.search(r"No office\s+words \(([^)]+)\)", GUIDE)[1].split(",")
    assert [word for word in office_words if mentions(body, [word])] == []
    assert not PASSIVE.search(body)
    figures = [set(re.findall(r"€?\d[\d:.,]*\d|€?\d", text)) for text in (row["plain"], body)]
    assert figures[0] == figures[1], "a figure was lost or invented"


def test_the_ledger_holds_every_claim_once():
    last = {"F": 6, "R": 6, "W": 8, "H": 2, "N": 4}
    wanted = [f"{letter}{number + 1}" for letter in last for number in range(last[letter])]
    assert sorted(claim["id"] for claim in CLAIMS) == sorted(wanted)
    families = {"F": "fine-tuning", "R": "rag", "W": "when-to-use", "H": "hybrid", "N": "nuance"}
    for claim in CLAIMS:
        assert list(claim) == ["id", "claim", "notebooks", "measure", "family"]
        assert claim["family"] == families[claim["id"][0]]
        assert claim["notebooks"]
        assert set(claim["notebooks"]) <= {f"{n:02}" for n in range(13)}
        assert claim["claim"].endswith(".")
        assert claim["measure"].endswith(".")


def test_every_claim_of_the_ledger_has_a_verdict():
    judged = {entry["claim"] for entry in claims.published()["claims"]}
    missing = [claim for claim in claims.ledger().index if claim not in judged]
    assert not missing, (
        f"no committed verdict on {', '.join(missing)}: run the notebooks that the ledger names, then publish"
    )


def test_there_are_four_practice_scenarios_and_a_dozen_others():
    assert len({scenario["id"] for scenario in SCENARIOS}) == len(SCENARIOS)
    assert [scenario["practice"] for scenario in SCENARIOS].count(True) == 4
    assert len(SCENARIOS) >= 16
    assert set().union(*(scenario["grading"]["best"] for scenario in SCENARIOS)) == APPROACHES


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
def test_a_scenario_grades_each_approach_once_and_its_inputs_are_allowed(scenario):
    grading = scenario["grading"]
    assert sorted(grading["best"] + grading["fine"] + grading["weak"]) == sorted(APPROACHES)
    assert grading["best"]
    assert grading["weak"]
    assert set(grading["reasons"]) == APPROACHES
    assert len(set(grading["reasons"].values())) == len(APPROACHES)
    inputs = scenario["inputs"]
    assert set(inputs) == set(CHOICES) | SWITCHES | NUMBERS
    for key, allowed in CHOICES.items():
        assert inputs[key] in allowed.split(), key
    for key in SWITCHES:
        assert inputs[key] in (True, False, None), key
    for key in NUMBERS:
        assert inputs[key] is None or (type(inputs[key]) in (int, float) and inputs[key] >= 0), key


def test_prices_have_a_value_a_unit_a_date_and_the_kind_of_their_source():
    kinds = set(re.search(r"# kind +(.+)", (DATA / "prices.yaml").read_text(encoding="utf-8"))[1].split(" | "))
    checked = dt.date.fromisoformat(PRICES["checked"])
    assert PRICES["exchange"]["usd_per_eur"] > 0
    assert len({price["id"] for price in PRICES["prices"]}) == len(PRICES["prices"]) >= 10
    for price in PRICES["prices"]:
        assert price["value"] > 0
        assert price["unit"]
        assert price["kind"] in kinds, price["id"]
        assert price["currency"] in ({None} if price["unit"] == "watt" else {"USD", "EUR"}), price["id"]
        assert dt.date(2023, 1, 1) <= dt.date.fromisoformat(price["date"]) <= checked, price["id"]
        assert price["confidence"] in {"found", "found second-hand", "from memory, verify"}
        assert bool(price["source"]) == (price["confidence"] != "from memory, verify"), price["id"]
        assert not price["source"] or price["source"].startswith("https://")


def counted() -> dict[str, int]:
    old, new, questions = load_handbook("v1"), load_handbook("v2"), load_questions()
    bulletins = [document for document in new if document.version == "v2"]
    found = {
        "documents of the handbook (v1)": len(old),
        "documents in force after the bulletins (v2)": len(new),
        "bulletins that replace a document": sum(document.supersedes is not None for document in bulletins),
        "bulletins that are new documents": sum(document.supersedes is None for document in bulletins),
        "documents withdrawn": len(withdrawn_ids()),
        "questions": len(questions),
        "facts asked about (lookup and changed)": len({question.fact_id for question in questions} - {None}),
        "facts in eight phrasings": sum(question.id.endswith("-8") for question in questions),
        "facts that change": len({question.fact_id for question in questions if question.kind == "changed"}),
        "terms of notes": len(TERMS),
        "claims": len(CLAIMS),
        "scenarios": len(SCENARIOS),
        "prices": len(PRICES["prices"]),
    }
    found |= {f"v1, {name}": n for name, n in Counter(document.collection for document in old).items()}
    found |= {f"{kind}, {split}": n for (kind, split), n in Counter((q.kind, q.split) for q in questions).items()}
    for name, rows in (
        ("tickets", TICKETS),
        ("notes", NOTES),
        ("voice", VOICE),
        ("new letters", NEW_LETTERS),
    ):
        found |= {f"{name}, {split}": n for split, n in Counter(row["split"] for row in rows).items()}
    return found


def test_the_counts_in_the_data_card_are_true():
    stated = {}
    for table in re.findall(r"(?:^\|.*\|\n)+", CARD, re.M):
        header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
        for label, *cells in rows:
            for column, cell in zip(header[1:], cells, strict=True):
                if re.fullmatch(r"[\d,]+", cell) and cell != "0":
                    stated[label if column == "number" else f"{label}, {column}"] = int(cell.replace(",", ""))
    assert stated == counted()


def test_the_data_card_names_every_file_of_the_folder():
    named = set(re.findall(r"`([\w.]+)/?`", CARD))
    kept = {path.name for path in DATA.iterdir() if path.name not in ("README.md", "results")}
    assert kept <= named
