"""The scrubber: what it takes out, what it leaves, and how that is counted."""

import itertools
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import corpus
from utils.staged import personal_data
from utils.staged.scrub import removed, scrub


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("My mail is mei.sato+x@post.example.", "My mail is [mail]."),
        ("Write to O'Neill@home.example.org, please", "Write to [mail], please"),
        ("Call 555-0142.", "Call [phone]."),
        ("+44 20 7946 0958 or (020) 7946 0321", "[phone] or [phone]"),
        ("Call 07700 900142 today", "Call [phone] today"),
        ("Where? ((020) 7946 0321) Or (0770090045)?", "Where? ([phone]) Or ([phone])?"),
        ("Patient Q-10234, q10234 and Q 10234", "Patient [patient number], [patient number] and [patient number]"),
        ("My name is Zoë Müller.", "My name is [name]."),
        ("my name is zoë müller. where?", "my name is [name]. where?"),
        ("Where? Regards, Siân O'Neill", "Where? Regards, [name]"),
        ("I'm Jean-Luc Okafor. Where?", "I'm [name]. Where?"),
        ("I ask for my daughter Rosa Lindqvist.", "I ask for my daughter [name]."),
        ("For Aisha Petrov: where?", "For [name]: where?"),
        ("Zoë Müller's card and Zoë Müller’s key", "[name]'s card and [name]’s key"),
        ("I'M ZOË MÜLLER.", "I'M [name]."),
        ("Thanks Zoë Maria K. Müller", "Thanks [name]"),
        ("I'm Ọ̀ṣun Nowak.", "I'm [name]."),
        ("Mr Okafor here.", "[name] here."),
        ("Call +44\xa020\xa07946\xa00958 or 555\u20110142", "Call [phone] or [phone]"),
        ("Patient Q\u201110234, Q\xa010234, Q  10234", "Patient [patient number], [patient number], [patient number]"),
        ("Mail mei\u2011sato@post\u2011box.example", "Mail [mail]"),
    ],
)
def test_personal_data_is_taken_out(typed, expected):
    assert scrub(typed) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Who is Gideon Eyre, and what is Linnea Wragg's office at Orrin Hill Clinic?",
        "May I call extension 4417 from 07:00 to 18:00?",
        "Is questionnaire SQ-9 for ticket #84516, of 12 March 2026, and €1,200 due?",
        "If I'm too ill on Tuesday, may Elmgate's lead nurse use room B12 at 2:15 pm?",
        "WHO IS GIDEON EYRE, AND WHERE IS ORRIN HILL CLINIC?",
        "Thanks Gideon Eyre",
        "Two  spaces, a\xa0no-break space,\n\nand a ﬁne ½ m² 👩‍⚕️.",
        "Ref: 76501. It is April, and the OxyClip shows 98.",
        "",
    ],
)
def test_what_the_handbook_knows_and_what_a_ticket_needs_is_left(text):
    assert scrub(text) == text


def test_a_name_in_small_letters_without_a_sure_cue_is_missed():
    assert scrub("this is maria okafor. where?") == "this is maria okafor. where?"


NAMES = [f"{first} {last}" for first in personal_data.FIRST for last in personal_data.LAST]
SENTENCES = (
    *personal_data.FRAMES["name"],
    "Dear {it}, {question}",
    "Hi {it}, {question}",
    "{question}\nThanks,\n{it}",
    "{question}\nKind regards\n{it}",
    "This is {it} speaking. {question}",
)
CUES = ("My name is", "Regards,")
FOUND = {
    "NFC": lambda name: unicodedata.normalize("NFC", name),
    "NFD": lambda name: unicodedata.normalize("NFD", name),
    "two spaces": lambda name: name.replace(" ", "  "),
    "no-break space": lambda name: name.replace(" ", "\xa0"),
    "narrow no-break space": lambda name: name.replace(" ", "\u202f"),
    "line break": lambda name: name.replace(" ", "\n"),
    "soft hyphen": lambda name: f"{name[:2]}\u00ad{name[2:]}",
    "capitals": str.upper,
    "possessive": lambda name: f"{name}'s",
    "hyphen": lambda name: f"{name}-Sato",
    "hyphen that does not break": lambda name: f"{name}\u2011Sato",
    "initial": lambda name: name.replace(" ", " K. "),
    "three names": lambda name: name.replace(" ", " Maria "),
}
MISSED = {
    "small letters": str.lower,
    "surname first": lambda name: ", ".join(reversed(name.split())),
    "surname only": lambda name: name.split()[1],
}


def recall(form, sentences):
    """The share of the names that are gone; every name stands in one of the sentences, in turn."""
    found = []
    for name, sentence in zip(map(form, NAMES), itertools.cycle(sentences), strict=False):
        text = sentence.format(it=name, question="How many books may a child borrow?")
        [(_, gone)] = removed([("name", name)], scrub(text))
        assert removed([("name", name)], text) == [("name", 0.0)], "it's seen while it stands there"
        found.append(gone)
    return sum(found) / len(found)


@pytest.mark.parametrize("form", FOUND)
def test_a_name_is_found_however_it_is_typed(form):
    assert recall(FOUND[form], SENTENCES) == 1


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_name_is_found_wherever_it_stands(sentence):
    assert recall(FOUND["NFD"], [sentence]) == 1


@pytest.mark.parametrize("form", MISSED)
def test_some_forms_are_missed_as_the_docstring_says(form):
    without = [
        sentence for sentence in SENTENCES if not sentence.startswith("{it}") and not any(c in sentence for c in CUES)
    ]
    assert recall(MISSED[form], without) == 0
    if form == "small letters":
        assert recall(MISSED[form], [s for s in SENTENCES if any(c in s for c in CUES)]) == 1


@given(st.randoms(use_true_random=False))
def test_mail_phone_and_patient_number_never_stay(rng):
    text, planted = personal_data.plant("Which finger do I measure with the SleepRing sizing kit?", rng)
    gone = dict(removed(planted, scrub(text)))
    assert all(gone[kind] for kind in gone if kind != "name")
    assert not any(dict(removed(planted, text)).values())


PIECES = [
    "my name is",
    "Mei",
    "K.",
    "Zo\u0308e",
    "\n",
    "Sato",
    "regards,",
    "Q12345",
    "a@b.example",
    "+44 20 7946 0958",
    "the",
    "Wren",
    "here.",
]


@given(st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_scrubbing_twice_changes_nothing_more(text):
    assert scrub(scrub(text)) == scrub(text)


def test_a_name_counts_as_removed_only_if_both_words_are_gone():
    planted = (("name", "Mei Sato"), ("mail", "mei@post.example"))
    assert removed(planted, "For [name]: [mail]") == [("name", 1.0), ("mail", 1.0)]
    assert removed(planted, "For [name] Sato: mei@post.example") == [("name", 0.0), ("mail", 0.0)]
    assert removed([("name", "Mei Sato's")], "For [name] SATO'S") == [("name", 0.0)]


def test_few_clean_texts_are_touched():
    texts = [q.question for q in corpus.load_questions()] + [t["complaint"] for t in corpus.load_records("tickets")]
    touched = [text for text in texts if scrub(text) != text]
    assert len(touched) < 0.01 * len(texts), touched


def test_nine_names_in_ten_are_found_where_capitals_are_typed():
    rng, found = random.Random(3), []
    while len(found) < 200:
        text, planted = personal_data.plant("How many books may a child borrow?", rng)
        found += [gone for kind, gone in removed(planted, scrub(text)) if kind == "name"]
    assert sum(found) / len(found) > 0.9
