"""Text in, judgement out: accepted answers, abstaining, letters, items.

Here belongs whatever decides whether a text is right. Nothing here retrieves, prompts or trains a model.
"""

from utils.scoring.abstention import ABSTENTION, abstains
from utils.scoring.answers import contains_answer, mentions, normalise, score_answers
from utils.scoring.faithful import greeted
from utils.scoring.letters import (
    CLOSE,
    MARKERS,
    check_letter,
    facts_kept,
    fit_voice_classifier,
    letter_body,
    markers,
    rate_letters,
)
from utils.scoring.statements import score_statements, states
