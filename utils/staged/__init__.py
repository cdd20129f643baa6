"""The staged approach: a simulated stream of use, its log, the scrubber, the harvest, the router, the exam.

Here belongs what turns use into training. Each stage uses ``rag`` and ``finetuning`` and adds nothing to them.
"""

from utils.staged.exam import (
    ANSWERABLE,
    FIRST,
    HARVESTED,
    KINDS,
    ROUTED,
    ROUTER_ALONE,
    SYSTEMS,
    TICKET,
    UNFILTERED,
    cases,
    file_tickets,
    gains,
    load_exam,
    outcome,
    routed,
    ticket_requests,
)
from utils.staged.log import SCHEMA, Log, Record
