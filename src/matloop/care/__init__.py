"""Care for data: what is wrong with a table before anything is learned from it, with the rows and what to do."""

from matloop.care.finding import Finding, Inspection, Role
from matloop.care.looking import CHECKS, Look, inspect
from matloop.care.roles import Named

__all__ = ["CHECKS", "Finding", "Inspection", "Look", "Named", "Role", "inspect"]
