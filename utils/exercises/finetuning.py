"""The exercises of notebooks 00 to 03."""

from utils.exercises.exercise import Exercise, choice


def _intervals_overlap(answer: object) -> str | None:
    low, high = answer((0.2, 0.5), (0.4, 0.8)), answer((0.1, 0.3), (0.4, 0.8))
    touching, apart = answer((0.4, 0.8), (0.2, 0.5)), answer((0.4, 0.8), (0.1, 0.3))
    if low is not True or touching is not True:
        return "(0.2, 0.5) and (0.4, 0.8) overlap, in either order."
    return None if high is False and apart is False else "(0.1, 0.3) and (0.4, 0.8) do not overlap, in either order."


def _characters_that_may_follow(answer: object) -> str | None:
    lines = ["A - HIGH", "A - MEDIUM", "B - LOW"]
    if set(answer("", lines)) != {"A", "B"}:
        return "an empty text may become any of the lines: A or B."
    if set(answer("A - ", lines)) != {"H", "M"}:
        return "'A - ' may become 'A - HIGH' or 'A - MEDIUM', so H or M may follow."
    if set(answer("B - L", lines)) != {"O"}:
        return "'B - L' can only become 'B - LOW', so O must follow."
    if set(answer("B - LOW", lines)):
        return "'B - LOW' is complete, so nothing may follow: give an empty set."
    return "no line begins with 'A - L', so nothing may follow." if set(answer("A - L", lines)) else None


def _amounts_invented(answer: object) -> str | None:
    source = "Invoice 5418 of 3 March comes to €112; €20.50 is waived."
    if set(answer("You pay €112, and not €20.50.", source)):
        return "€112 and €20.50 stand in the source, so neither is new; the full stop ends the sentence."
    if set(answer("With the fee you pay €119.50. Or €12.", source)) != {"€119.50", "€12"}:
        return "'€119.50' and '€12' are new: €12 is another amount than €112."
    return "a number without a € is no amount." if set(answer("Call 5418 by 28 March.", source)) else None


def _monthly_bill(answer: object) -> str | None:
    training, writing = map(float, answer)
    if abs(training - 400 * 4 / 60) > 0.5:
        return "every month all 400 facts are trained again: 4 minutes for each 60 of them."
    return None if writing == 240 else "only the 40 facts that changed need new questions: six each, one a minute."


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
        _characters_that_may_follow,
        "Keep the lines that begin with what is written and are longer; take from each the character after it.",
        "def may_follow(written, lines):\n"
        "    open_lines = [line for line in lines if line.startswith(written) and len(line) > len(written)]\n"
        "    return {line[len(written)] for line in open_lines}\n\nanswer = may_follow",
    ),
    "01.3": Exercise(
        choice(
            "look the assignee up in code",
            {
                "train again": "it works, but each change of staff would cost new labels and a training run.",
                "edit the rules in the prompt": "the fine-tuned model is asked without the rules.",
            },
        ),
        "Which fields need judgement, and which follow from the others?",
        'answer = "look the assignee up in code"  # it follows from category and priority: a table is always right\n'
        "# and is changed in a second; leave to a model only what needs judgement",
    ),
    "02.1": Exercise(
        _amounts_invented,
        r"re.findall(r'€\d+(?:\.\d+)?', text) finds whole amounts; then take one set from the other.",
        "import re\n\n\ndef new_amounts(letter, source):\n"
        r"    said, known = (set(re.findall(r'€\d+(?:\.\d+)?', text)) for text in (letter, source))"
        "\n    return said - known\n\nanswer = new_amounts",
    ),
    "02.3": Exercise(
        choice(
            "put the entries into the prompt of a model trained to read them",
            {
                "retrain each month": "until the next training, notes with a new term are misread, and nobody sees it.",
                "add the terms to the fine-tuned model's short prompt": "it was never trained to read entries: it's "
                "asked in a form it wasn't made for.",
            },
        ),
        "Which of the three can read a term on the day on which it's invented, in a form the model was made for?",
        'answer = "put the entries into the prompt of a model trained to read them"  # a term counts from the\n'
        "# minute it is in the glossary, the grammar of the notes stays in the weights, and retraining can wait. Test\n"
        "# it on notes with terms from after the training: that's the column of terms never seen",
    ),
    "03.1": Exercise(
        _monthly_bill,
        "What is trained again each month, and what has to be written anew?",
        "answer = (400 / 60 * 4, 40 * 6)  # 27 minutes of a machine and four hours of a person: writing is the bill",
    ),
    "03.3": Exercise(
        choice(
            "retrieve",
            {
                "train again": "each changed fact needs new questions by Monday, and nobody is there to write them.",
                "train on with replay": "it saves machine time, but each changed fact still needs its new questions.",
            },
        ),
        "Which of the three works with the pages as they are?",
        'answer = "retrieve"  # an index takes the changed pages as they are, in seconds, and the old price is gone.\n'
        "# Misread passages remain: show the page beside the answer. If these facts stood still for a year, and\n"
        "# somebody wrote and checked questions on the few that are asked all day, training could answer more of them",
    ),
}
