"""One file a task, each with the same small interface.

A task of records has ``load(split)``, ``prompt(record)`` that asks, ``example(record)`` that teaches, ``score(text,
record)``, ``RECIPE`` and ``MAX_NEW_TOKENS``: tickets, notes, voice and new_letters (whose letters
``scoring.rate_letters`` judges together) and pages (which only teach). Questions: facts has ``prompt(question)`` and
``example(question, answer)``; generated_questions has ``prompts(fact, passage)`` that ask for them and
``examples(pairs)``; handbook_questions has a ``reader(name, llm)``, which is asked with the prompts of facts and of
``rag``.
Rivals without training have prompts of their own, ``prompt_with_rules`` and the like. What is general about prompting,
training or scoring doesn't belong here.
"""

from collections.abc import Mapping, Sequence

from utils.models import LLM, Completion


def complete(task, llm: LLM, records: Sequence[Mapping], label: str = "") -> list[Completion]:
    """What a model writes for every record when it is asked with the task's own prompt."""
    return llm.complete([task.prompt(record) for record in records], max_new_tokens=task.MAX_NEW_TOKENS, label=label)
