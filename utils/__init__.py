"""Shared parts of the series: small modules, one concept each, importing only downwards.

Order: settings, models, corpus, generation, finetuning, retrieval, rag, evaluation, claims, exercises, figures.
"""
