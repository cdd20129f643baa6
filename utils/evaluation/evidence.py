"""What must hold of the evidence at full pace, and may fail on a slice of it."""

from utils import settings


def expect(condition: object, message: str) -> None:
    """Raise AssertionError with ``message`` if the condition is false at full pace; at quick pace do nothing."""
    if settings.pace() == "full" and not condition:
        raise AssertionError(message)
