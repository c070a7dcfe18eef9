"""Figures of a report, one a file: each a pure function of its data that gives a plotly Figure."""
