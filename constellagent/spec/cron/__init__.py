"""Cron expressions: what may be written, and when it fires.

Debian's cron decides what an expression means, also where a zone changes its offset, with one difference:
what falls into a gap runs once after it, and not once for each entry.
"""

from constellagent.spec.cron.expression import Cron, Shift, check_cron, parse_cron
from constellagent.spec.cron.faults import CronError
from constellagent.spec.cron.grammar import WORDS

__all__ = ["WORDS", "Cron", "CronError", "Shift", "check_cron", "parse_cron"]
