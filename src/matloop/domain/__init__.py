"""Frozen values, validated at construction: what may be made, what is asked, what came back."""
