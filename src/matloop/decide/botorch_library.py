"""The libraries of the extra `botorch`, imported where they are used: all else works without them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from matloop.errors import PluginError, extra

CURE = extra("botorch", "name another strategy")


def lacking() -> tuple[str, str] | None:
    """Which of them are not installed, in words, and how to get them; None where all are."""
    absent = [name for name in ("torch", "botorch") if find_spec(name) is None]
    return (f"strategy 'botorch': {' and '.join(absent)} cannot be found", CURE) if absent else None


def library(name: str) -> Any:
    """A module of the extra.

    Raises:
        PluginError: when it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise PluginError.at("strategy 'botorch'", f"{name} cannot be imported ({error})", CURE) from error
