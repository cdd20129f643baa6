"""What is true of every task of records."""

import pytest

from utils import tasks
from utils.models import Completion
from utils.tasks import notes, tickets, voice


class Parrot:
    """Answers every chat with its last message, and remembers the options of every call."""

    def __init__(self):
        self.calls = []

    def complete(self, chats, max_new_tokens, **options):
        self.calls.append((max_new_tokens, options))
        return [Completion(chat[-1]["content"], 9, 3, 0.1, 0.2) for chat in chats]


@pytest.mark.parametrize(("task", "field"), [(tickets, "complaint"), (notes, "note"), (voice, "plain")])
def test_records_are_asked_with_the_task_s_own_prompt_and_length(task, field):
    llm, records = Parrot(), task.load("dev")
    done = tasks.complete(task, llm, records, "asking")
    assert [completion.text for completion in done] == [record[field] for record in records]
    assert llm.calls == [(task.MAX_NEW_TOKENS, {"label": "asking"})]
