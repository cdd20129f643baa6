"""Shared parts of the series, a package a theme, importing only downwards in the order that ``ORDER`` gives.

Each package says in its docstring what belongs there and exports what notebooks may use.
"""

ORDER = (
    "settings",
    "figures",
    "models",
    "corpus",
    "scoring",
    "evaluation",
    "retrieval",
    "rag",
    "finetuning",
    "tasks",
    "staged",
    "studies",
    "deciding",
    "exercises",
    "setup",
)
