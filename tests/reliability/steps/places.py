"""In which scene each point is reached: all of them, or the tests fail."""

from enum import StrEnum

from constellagent.failpoints import FilePoint
from constellagent.ravi.points import ProviderPoint
from constellagent.runtime.points import Point
from constellagent.runtime.ports import Step

PLACES: dict[str, tuple[StrEnum, ...]] = {
    "apply": (
        Step.IDENTITY_CREATE,
        Step.IDENTITY_KEY,
        Step.IDENTITY_WRITE,
        Step.BRANCH_CREATE,
        Step.WORKTREE_ADD,
        Step.WORKTREE_EXCLUDE,
        Step.WORKTREE_CHECKOUT,
        Step.WORKTREE_INCLUDE,
        Step.WORKTREE_SETUP,
        Step.WORKTREE_COMPLETE,
        Step.SESSION_START,
        Point.BINDING_PUT,
        Point.CONSTELLATION_PUT,
        Point.CONSTELLATION_ENVIRONMENT,
        Point.HOOK_KEEP,
        Point.PORT_RESERVE,
        Point.RECORD_PUT,
        Point.SCHEDULE_PUT,
        Point.SESSION_ADD,
        Point.SESSION_HOLDER,
        Point.SESSION_OUTDATE,
        Point.SESSION_FORGET_RESTARTS,
        Point.USAGE_FORGET,
        Point.WAITING_TURNED,
        Point.WAITING_TIDY,
        Point.WATERMARK_KEEP,
        Point.SESSION_SPAWN,
        Point.SESSION_PREPARE,
        Point.REPORT_PROGRESS,
        ProviderPoint.AUDIT_APPEND,
        ProviderPoint.AUDIT_HEADS,
        ProviderPoint.PRIVATE_WRITE,
        ProviderPoint.EVENT_TRIM,
        ProviderPoint.KEY_USED,
        ProviderPoint.IDENTITY_CREATE,
        ProviderPoint.IDENTITY_NUMBER,
        ProviderPoint.KEY_MINT,
        ProviderPoint.MAIL_RESUME,
        ProviderPoint.SESSION_KEY_ISSUE,
        ProviderPoint.FACT_SET,
    ),
    "trust": (
        Point.ALERT_PUT,
        Point.CONSTELLATION_TRUST,
        Point.CONSTELLATION_DISTRUST,
        ProviderPoint.SESSION_KEY_WITHDRAW,
    ),
    "text": (
        ProviderPoint.TEXT_KEEP,
        ProviderPoint.TEXT_MARK,
    ),
    "crash": (
        Point.SESSION_END,
        Point.SESSION_PAY_RESTART,
        Point.SESSION_COUNT_RESTART,
    ),
    "contact": (
        ProviderPoint.CONTACT_RESEAL,
        ProviderPoint.CONTACT_UPDATE,
        ProviderPoint.CONTACT_DELETE,
    ),
    "vault": (
        ProviderPoint.SAFE_INSERT,
        ProviderPoint.VAULT_REGISTER,
        ProviderPoint.VAULT_ADD,
        ProviderPoint.VAULT_REMOVE,
        ProviderPoint.VAULT_REPLACE,
    ),
    "save": (
        Point.WORK_TRASH,
        Point.WORK_SAVE,
        Point.WORK_REMOVE,
    ),
    "comment": (
        Point.COMMENT_ADD,
        Point.COMMENT_EDIT,
        Point.COMMENT_PUT,
        Point.COMMENT_REMOVE,
    ),
    "pause": (
        Point.SCHEDULE_PAUSE,
        Point.SCHEDULE_RESUME,
        Point.SCHEDULE_RESET,
    ),
    "watch": (
        ProviderPoint.EVENT_RECORD,
        ProviderPoint.DELIVERY_SETTLE,
        ProviderPoint.DELIVERY_NEXT,
        ProviderPoint.DELIVERY_POST,
        ProviderPoint.WEBHOOK_CREATE,
        ProviderPoint.WEBHOOK_UPDATE,
        ProviderPoint.WEBHOOK_DELETE,
        ProviderPoint.SSO_TOKEN,
    ),
    "adopt": (Point.WORK_ADOPT,),
    "leave": (
        Step.IDENTITY_ARCHIVE,
        Point.BINDING_DROP,
        ProviderPoint.IDENTITY_DELETE,
        ProviderPoint.IDENTITY_ARCHIVE,
        ProviderPoint.IDENTITY_CHANGE,
        ProviderPoint.KEY_REVOKE,
        ProviderPoint.SAFE_DESTROY,
    ),
    "mail": (
        ProviderPoint.CONTACT_INSERT,
        ProviderPoint.CONTACT_TOUCH,
        ProviderPoint.LIMIT_TAKE,
        ProviderPoint.MAIL_KEEP,
        ProviderPoint.MAIL_PUT,
        ProviderPoint.MAIL_THREAD,
        ProviderPoint.MAIL_MARK,
        ProviderPoint.MAIL_DROP,
    ),
    "edit": (
        Point.WORK_COMMIT,
        Point.WORK_DISCARD,
        Point.WORK_MERGE,
        Point.WORK_LAND,
        Point.WORK_PUSH,
        Point.WORK_STAGE,
        Point.WORK_UNSTAGE,
    ),
    "tell": (
        Point.HOLDER_REPORT,
        Point.PROMPT_DELIVER,
        Point.PROMPT_BEGIN,
    ),
    "forget": (Point.RUN_FORGET,),
    "run": (
        Point.LEDGER_COMMIT,
        Point.LEDGER_CLAIM,
        Point.LEDGER_PLACE,
        Point.LEDGER_STARTED,
        Point.LEDGER_END,
        Point.LEDGER_REPORT,
        Point.LEDGER_ANNOUNCED,
    ),
    "race": (
        Step.WORKTREE_REMOVE,
        Point.RACE_ADD,
        Point.RACE_STARTED,
        Point.RACE_END,
        Point.RACE_DECIDE,
        Point.RACE_MERGED,
        Point.RACE_CLEARED,
        Point.RACE_TRIM,
    ),
    "destroy": (
        Step.WORKTREE_RESCUE,
        Step.SESSION_STOP,
        Step.RECORD_DROP,
        Point.CONSTELLATION_FORGET,
        Point.PORT_RELEASE,
        Point.RECORD_FORGET,
        Point.SCHEDULE_DROP,
        Point.SESSION_WANT_STOP,
        Point.SESSION_BURY,
        Point.WAITING_SET,
    ),
    "move": (Step.WORKTREE_REPAIR,),
    "restart": (
        Point.HOLDER_BEGIN,
        Point.HOLDER_PROGRAM,
        Point.HOLDER_STATUS,
        Point.HOLDER_OUTPUT,
    ),
}
"""The points by the scene that they are died at in. A point that several pass is in one of them."""

_UPGRADE = "tests/releases/test_upgrade_died.py::test_a1_death_while_an_older_state_is_changed"
_MENDING = (
    "tests/runtime/mending/test_databases.py::test_a6_killed_at_each_step_of_setting_aside_no_commit_is_lost"
)
FILES: dict[FilePoint, str] = {
    FilePoint.COMMIT: "tests/reliability/test_steps_died.py::test_a1_death_at_every_commit",
    FilePoint.BACKUP: _UPGRADE,
    FilePoint.MIGRATE: _UPGRADE,
    FilePoint.ASIDE: _MENDING,
    FilePoint.ASIDE_LOG: _MENDING,
    FilePoint.EXCHANGE: _MENDING,
}
"""The points of durable files, which are no scene's alone, and the tests that die at them."""
