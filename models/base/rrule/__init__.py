"""Recurrence rules (RRULE, RFC 5545, 3.3.10) of whole days: parsed, and their days found."""

from models.base.rrule.days import days_between, expanded, last_day
from models.base.rrule.parts import RuleParts, parse_rule, refused_rule

__all__ = ["RuleParts", "days_between", "expanded", "last_day", "parse_rule", "refused_rule"]
