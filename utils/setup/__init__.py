"""Getting ready: the environment, Colab, and running the notebooks.

``install.py`` and ``colab.py`` run before anything is installed, so they use the standard library alone.
"""
