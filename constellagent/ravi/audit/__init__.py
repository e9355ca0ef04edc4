"""Who did what with an identity: one line per access, in chains that show every change."""

from constellagent.ravi.audit.heads import TABLES
from constellagent.ravi.audit.lines import AuditError, Entry
from constellagent.ravi.audit.trail import Audit, Snapshot
from constellagent.ravi.audit.undone import done

__all__ = ["TABLES", "Audit", "AuditError", "Entry", "Snapshot", "done"]
