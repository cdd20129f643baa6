"""Personal data as people type it into a question: invented names, mail addresses, phone and patient numbers."""

import random

KINDS = ("name", "mail", "phone", "patient number")
FIRST = ("Maria", "Tomasz", "Aisha", "Jean-Luc", "Ingrid", "Siân", "Kwame", "Zoë", "Bogdan", "Mei", "Rosa", "Dylan")
LAST = ("Okafor", "Nowak", "O'Neill", "Müller", "Lindqvist", "Petrov", "Achterberg", "Sato", "Castellanos", "Hughes")
HOSTS = ("mail.example", "post.example", "home.example.org")
PHONES = ("555-01{:02}", "+44 20 7946 09{:02}", "(020) 7946 03{:02}", "07700 9001{:02}", "0770090{:02}45")
NUMBERS = ("Q-{}", "Q{}", "Q {}")
FRAMES = {  # how each kind comes into a question
    "name": (
        "I'm {it}. {question}",
        "My name is {it}. {question}",
        "Hello, this is {it}. {question}",
        "{it} here. {question}",
        "{question} Regards, {it}",
        "{question} I ask for my daughter {it}.",
        "For {it}: {question}",
    ),
    "mail": ("{question} My mail is {it}", "{question} Please write to {it}.", "{it} - {question}"),
    "phone": ("{question} Call me on {it}.", "{question} My number: {it}", "{question} ({it})"),
    "patient number": ("Patient {it}. {question}", "{question} My patient number is {it}."),
}


def person(rng: random.Random) -> dict[str, str]:
    """Somebody who does not exist: a text for every kind of ``KINDS``."""
    first, last = rng.choice(FIRST), rng.choice(LAST)
    plain = "".join(letter for letter in f"{first}.{last}".lower() if letter.isascii() and letter not in "'-")
    return {
        "name": f"{first} {last}",
        "mail": f"{plain}@{rng.choice(HOSTS)}",
        "phone": rng.choice(PHONES).format(rng.randint(10, 99)),
        "patient number": rng.choice(NUMBERS).format(rng.randint(10_000, 99_999)),
    }


def plant(text: str, rng: random.Random) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text with one to three pieces of one person's data, and what was planted: ((kind, piece), ...)."""
    somebody, kinds = person(rng), rng.sample(KINDS, rng.choice((1, 1, 2, 3)))
    for kind in kinds:
        text = rng.choice(FRAMES[kind]).format(it=somebody[kind], question=text)
    return text, tuple((kind, somebody[kind]) for kind in kinds)
