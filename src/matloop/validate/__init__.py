"""Honest validation: whole groups left out, errors and their stated uncertainty judged together.

`fit_screen_model` gives a model whose intervals were corrected on inner folds of whole groups and which says how far a
candidate is from all that it has learned; `judge` does that anew for each fold of a split and scores what was left out.
"""
