"""A guard for runs that must do without the network: this folder on ``PYTHONPATH``.

``make test`` and ``make notebooks`` put it before the kernels and before every process that these start.
"""
