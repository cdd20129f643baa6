"""The exercises of notebooks 00 to 03."""

import math

from utils.exercises.exercise import Exercise, choice, number


def _intervals_overlap(answer: object) -> str | None:
    low, high = answer((0.2, 0.5), (0.4, 0.8)), answer((0.1, 0.3), (0.4, 0.8))
    touching, apart = answer((0.4, 0.8), (0.2, 0.5)), answer((0.4, 0.8), (0.1, 0.3))
    if low is not True or touching is not True:
        return "(0.2, 0.5) and (0.4, 0.8) overlap, in either order."
    return None if high is False and apart is False else "(0.1, 0.3) and (0.4, 0.8) do not overlap, in either order."


def _lora_parameters(answer: object) -> str | None:
    if answer(576, 1536, 16) == 576 * 1536:
        return "that is the full matrix; LoRA trains two thin ones, A and B."
    return None if answer(576, 1536, 16) == 33_792 and answer(10, 20, 1) == 30 else "count the entries of A and of B."


def _valid_ticket(answer: object) -> str | None:
    good, bad = "Ticket #12345 - BILLING - HIGH - Assigned to Sarah M.", "Ticket 12345: billing, high"
    if not answer(good):
        return f"{good!r} is a valid line."
    if answer(bad) or answer(f"Sure! {good}"):
        return "a line with other punctuation, or with chatter before it, is not valid."
    if answer(good.replace("BILLING", "COFFEE")):
        return "COFFEE is no category of the house."
    return None


def _perplexity(answer: object) -> str | None:
    if abs(float(answer(0.0)) - 1.0) > 1e-6:
        return "a loss of 0 is a model that is certain and right: one choice, so the perplexity is 1."
    return None if abs(float(answer(math.log(20))) - 20) < 1e-3 else "the loss is a mean of -ln p: undo the logarithm."


def _share_kept(answer: object) -> str | None:
    if abs(float(answer("See you on 5 May at 09:30.", ["5 May", "09:30", "€20", "Wren"])) - 0.5) > 1e-6:
        return "'See you on 5 May at 09:30.' holds two of the four facts 5 May, 09:30, €20 and Wren."
    both = answer("SEE YOU IN WREN", ["Wren"]), answer("see you in wren", ["WREN"])
    return None if both == (1.0, 1.0) else "capitals must not matter, in the text or in the fact."


def _outcome(answer: object) -> str | None:
    trained = ["6 weeks", "the blue box"]
    if answer("It is 6 weeks.", "6 weeks", trained) != "right":
        return "'It is 6 weeks.' holds the right value, and the right value comes first."
    if answer("In The Blue Box", "6 weeks", trained) != "borrowed":
        return "'In The Blue Box' holds the value of another trained fact, in another case."
    return None if answer("a fortnight", "6 weeks", trained) == "wrong" else "'a fortnight' is simply wrong."


EXERCISES: dict[str, Exercise] = {
    "00.2": Exercise(
        _intervals_overlap,
        "Two intervals overlap when each begins before the other ends.",
        "def overlap(a, b):\n    return a[0] <= b[1] and b[0] <= a[1]\n\nanswer = overlap",
    ),
    "00.3": Exercise(
        choice(
            "a better reader",
            {
                "a better search": "even a perfect search can't do better than the right page pasted in: 11 of 20.",
                "training the facts": "your users will ask a twenty-first question, and facts change.",
            },
        ),
        "The right page in the prompt is what a perfect search would give. How many of the twenty are left then?",
        'answer = "a better reader"  # with the right page in front of it the model still misreads 9 of 20: no search\n'
        "# mends that. A search comes first if you have none, because memory gives 1 of 20; after that, the reader is\n"
        "# where most answers get lost. Training twenty facts serves these twenty questions and no others",
    ),
    "01.1": Exercise(
        _lora_parameters,
        "A has shape (rank, inputs) and B has shape (outputs, rank).",
        "def trained(inputs, outputs, rank):\n    return rank * inputs + outputs * rank\n\nanswer = trained",
    ),
    "01.2": Exercise(
        _valid_ticket,
        "re.fullmatch with a group of the allowed words for each field.",
        "import re\n\n\ndef valid(line):\n"
        '    pattern = r"Ticket #\\d{5} - (BILLING|DEVICE|APP|APPOINTMENT|PRIVACY)"\n'
        '    pattern += r" - (HIGH|MEDIUM|LOW) - Assigned to [A-Z][a-z]+ [A-Z]\\."\n'
        "    return bool(re.fullmatch(pattern, line))\n\nanswer = valid",
    ),
    "02.1": Exercise(
        _perplexity,
        "The loss is the mean of -ln p, and the exponential undoes ln.",
        "import math\n\n\ndef perplexity(loss):\n    return math.exp(loss)\n\nanswer = perplexity",
    ),
    "02.2": Exercise(
        _share_kept,
        "Lower both sides, then count: sum(fact.lower() in text.lower() for fact in facts).",
        "def share_kept(text, facts):\n    return sum(fact.lower() in text.lower() for fact in facts) / len(facts)\n\n"
        "answer = share_kept",
    ),
    "03.1": Exercise(
        number(2.448, 0.01, "count the tokens that one fact puts through the model, wordings and epochs included."),
        "Tokens of an example, times wordings, times epochs; then seconds a token.",
        "answer = 34 * 6 * 4 * 0.003",
    ),
    "03.2": Exercise(
        _outcome,
        "Ask for the right value first, then any() over the trained ones, all in lower case.",
        "def outcome(text, right, trained):\n"
        "    text = text.lower()\n"
        '    if right.lower() in text:\n        return "right"\n'
        '    return "borrowed" if any(value.lower() in text for value in trained) else "wrong"\n\nanswer = outcome',
    ),
}
