"""Whether a text abstains from answering."""

import pytest

from utils.scoring import ABSTENTION, abstains


@pytest.mark.parametrize(
    "text",
    [
        ABSTENTION,
        "I don’t know",
        "We do not know that.",
        "I can't say.",
        "I cannot find it in the passages.",
        "I couldn't find that.",
        "I did not find an answer.",
        "I am unable to answer.",
        "Sorry, no idea.",
        "I have no information on that.",
        "I don't have enough information.",
        "I'm not sure which it is.",
        "UNKNOWN",
        "Unclear.",
        "N/A",
        "**Not stated.**",
        "Not mentioned in the text.",
        "Answer: not given",
        "The fee is not stated.",
        "It isn't mentioned anywhere.",
        "It is not included in the passages.",
        "This information is not provided.",
        "The answer is not in the passages [1].",
        "The passages do not say who it is.",
        "The handbook doesn't give a number.",
        "The text does not contain the answer.",
        "The sources fail to mention it.",
        "The handbook names the nurse but does not state her room.",
        "It cannot answer that.",
        "It doesn't say.",
        "None of the passages says so.",
        "Neither document mentions it.",
        "Nothing in the context answers this.",
        "There is no mention of it.",
        "No information is available.",
        "Nothing is said about the fee.",
        "The documents are silent on this.",
        "The text leaves this open.",
        "It cannot be determined from the context.",
        "It is impossible to tell.",
        "It is unknown how many there are.",
        "It's not clear from the text.",
        "The context is insufficient.",
        "That is beyond the scope of these passages.",
    ],
)
def test_forms_of_abstaining(text):
    assert abstains(text)


@pytest.mark.parametrize(
    "text",
    [
        "27 days",
        "",
        "No.",
        "No, it is not allowed.",
        "Staff do not answer calls after 18:00.",
        "Do not say your PIN aloud.",
        "Ask Dr. Knowles, who will say.",
        "Callers who don't know the word must come in person.",
        "If you are not sure, ask at the desk.",
        "Tick the box “not known”.",
        "Calls from unknown numbers are not put through.",
        "The form does not mention names.",
        "No change is given in cash.",
        "No later than 10:30.",
        "There is no information desk; ask at the counter.",
        "The lift cannot be used in a fire.",
        "Nothing sweet is served.",
        "Refills are not available on Sundays.",
        "It is not clear varnish but wax.",
    ],
)
def test_ordinary_answers_do_not_abstain(text):
    assert not abstains(text)
