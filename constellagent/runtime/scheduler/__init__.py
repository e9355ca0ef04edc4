"""When runs start: the loop over the wall clock, what it writes to the ledger, and how it recovers."""

from constellagent.runtime.scheduler.alarm import Alarm
from constellagent.runtime.scheduler.outlook import Outlook
from constellagent.runtime.scheduler.permits import Permit, Permits
from constellagent.runtime.scheduler.runner import Ended, Runner, Started
from constellagent.runtime.scheduler.scheduler import Scheduler

__all__ = ["Alarm", "Ended", "Outlook", "Permit", "Permits", "Runner", "Scheduler", "Started"]
