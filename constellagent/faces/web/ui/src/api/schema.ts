/**
 * The shapes of the API, generated from schemas/openapi.json by tests/page_types.py. Do not edit:
 * `pytest tests/faces/web/test_page_types.py --update-golden` writes it.
 */

/**
 * One agent as `status` shows it. `since` is when the state was entered, epoch seconds.
 *
 * `next_fire` is there where a schedule will wake it, `runs` where runs of its schedules have not ended.
 * `source` says where the state is known from, `message` what the agent says to a person in it, such as its
 * question; `sandbox` in which it runs, where it does. The counts after it are there where they are known:
 * unread messages, and commits and lines that differ from the base.
 */
export interface AgentView {
  name: string;
  kind: string;
  state:
    | "starting"
    | "running"
    | "working"
    | "waiting"
    | "done"
    | "failed"
    | "exited"
    | "stopped"
    | "unknown";
  reason: string;
  since: number | null;
  branch: string;
  path: string;
  identity: string | null;
  address: string | null;
  phone: string | null;
  restarts: number;
  ahead: number | null;
  session: SessionView | null;
  declared: boolean;
  next_fire?: NextFireView;
  runs?: OpenRunView[];
  source?: string;
  message?: string;
  sandbox?: string;
  title?: string;
  progress?: number;
  unread_mail?: number;
  unread_texts?: number;
  behind?: number;
  added?: number;
  removed?: number;
}

/**
 * What to apply. `approved` repeats `content_hash` of the plan, `plan` the plan that must still hold.
 *
 * `env` gives the values of the plan's `wants_env` as the caller's shell has them. What it leaves out stays
 * as the last apply kept it.
 */
export interface ApplyBody {
  approved: string;
  plan?: Record<string, unknown>;
  agents?: string[];
  restart?: string[];
  prune?: boolean;
  destroy?: boolean;
  force?: boolean;
  env?: Record<string, string>;
}

/** How an apply ended: subjects done, failed and skipped (with the reason), and the exit code. */
export interface ApplyResult {
  done: string[];
  failed: Record<string, string>;
  skipped: Record<string, string>;
  changed: number;
  exit_code: number;
}

/** One access to an identity. `agent` is empty where it belongs to none; `value` is a fingerprint. */
export interface AuditView {
  identity: string;
  agent: string;
  seq: number;
  at: string;
  actor: string;
  action: string;
  result: string;
  about: string;
  row: string;
  value: string;
}

/** What was done, in words, one line each, and how the schedules are now. */
export interface ChangedView {
  done: string[];
  schedules: ScheduleView[];
}

/** A one-time code; `id` is that of the mail or text that brought it. */
export interface CodeView {
  code: string;
  source: "mail" | "sms";
  sender: string;
  at: string;
  id: number;
}

/** A command that applying the file would run, for a person to approve: the file is code. */
export interface CommandView {
  subject: string;
  what: string;
  argv: string[];
}

/** A comment on lines of one side of the diff; line 0 means the file, an empty path the whole work. */
export interface CommentBody {
  path: string;
  side: "old" | "new";
  line: number;
  end_line: number;
  text: string;
  quote?: string;
  revision?: string;
}

/** What to change of a comment: its text, its state, or both. */
export interface CommentChange {
  text?: string;
  state?: "open" | "resolved";
}

/**
 * One comment. Times are epoch seconds.
 *
 * `state` is `open` (not sent, or changed since), `sent`, or `resolved`. `line` and `end_line` are where the
 * quoted lines are in the file now, as far as they can be found there; `outdated` says that they cannot.
 */
export interface CommentView {
  id: string;
  agent: string;
  path: string;
  side: "old" | "new";
  line: number;
  end_line: number;
  text: string;
  quote: string;
  revision: string;
  author: string;
  state: "open" | "sent" | "resolved";
  outdated: boolean;
  created_at: number;
  edited_at: number;
  sent_at: number | null;
}

/** A commit of what is staged, or with `all` of every change, as the `agent` (default) or a `person`. */
export interface CommitBody {
  message: string;
  author?: "agent" | "person";
  all?: boolean;
}

/** One commit. `at` is the committer's time, epoch seconds; `pushed` None where there is no upstream. */
export interface CommitView {
  commit: string;
  parents: string[];
  subject: string;
  body: string;
  author: string;
  email: string;
  at: number;
  pushed: boolean | null;
}

/** A path on which a merge stops. `text` is the file with conflict markers where there is such. */
export interface ConflictView {
  path: string;
  what: string;
  text: string | null;
}

/** A constellation with its id, by which paths of the API name it. */
export interface ConstellationRow {
  name: string;
  file: string;
  repo: string;
  problem?: string;
  provider_problem?: string;
  agents: AgentView[];
  services: ServiceView[];
  id: string;
}

/**
 * One file at one revision.
 *
 * `kind` says what it is: `image` and `binary` have no text, of a `symlink` the text is where it points (it
 * is never followed), of a `submodule` the commit. `absent` is no file at this revision, `large` one above
 * `LARGEST_TEXT`. `version` is equal as long as the content and the mode are. `encoding` and `eol` are what
 * a save must keep; `text` has line feeds only where `eol` is `crlf` or `cr`, and is unchanged where it is
 * `mixed`.
 * `data` is base64 of an image, `media` its type; an SVG image is `text` and has both. `editable` says that
 * a save of this path may be tried.
 */
export interface ContentView {
  path: string;
  revision: string;
  commit: string;
  kind: "text" | "binary" | "image" | "symlink" | "submodule" | "absent" | "large";
  mode: string;
  size: number;
  version: string;
  text: string | null;
  encoding: string;
  eol: "lf" | "crlf" | "cr" | "mixed" | "";
  data: string | null;
  media: string;
  editable: boolean;
}

/** A conversation by text. */
export interface ConversationView {
  conversation: string;
  number: string;
  preview: string;
  unread: number;
  texts: number;
  at: string;
}

/** The daemon itself; only an admin is told where its state lies. `started_at` is epoch seconds. */
export interface DaemonView {
  protocol: number;
  version: string;
  pid: number;
  started_at: number;
  home?: string;
  provider_url: string;
  constellations: number;
  sessions: number;
}

/**
 * An agent's changes. `commit` is what `against` stands for, `patch` git's own unified text.
 *
 * `to_commit` is what `to` stands for, empty for the worktree and the index. `truncated` says that the
 * patch, or the list of files, was longer than is sent.
 */
export interface DiffView {
  agent: string;
  against: string;
  to: string;
  commit: string;
  to_commit: string;
  branch: string;
  ahead: number | null;
  behind: number | null;
  files: FileChange[];
  added: number;
  removed: number;
  patch: string | null;
  truncated: boolean;
}

/** What was done, in words, one line each. `rescue` is the ref that holds what was thrown away. */
export interface DoneView {
  done: string[];
  rescue: string;
}

/**
 * One thing that happened. `at` is epoch seconds, `file` the constellation's, `subject` an agent's name.
 *
 * `text` is one line for a person, and names no private content; `notify` asks for a person's attention.
 */
export interface EventView {
  at: number;
  file: string;
  subject: string;
  kind: "apply" | "session" | "state" | "mail" | "text" | "run" | "review" | "daemon";
  level: "info" | "done" | "warning" | "error";
  text: string;
  notify: boolean;
}

/**
 * Where a worktree stands.
 *
 * `upstream` is empty and `unpushed` None where the branch has none. `operation` is what is going on
 * (`rebase`, `merge`, `cherry-pick`, `revert`, `bisect`, `am`), empty else. `agent` and `person` are who a
 * commit can be made as, empty where that is not known. `base_at` is the worktree where the base branch is
 * checked out, empty where it is nowhere.
 */
export interface FactsView {
  branch: string;
  head: string;
  base: string;
  base_at: string;
  ahead: number | null;
  behind: number | null;
  upstream: string;
  unpushed: number | null;
  remotes: string[];
  staged: number;
  unstaged: number;
  untracked: number;
  conflicted: number;
  operation: string;
  agent: string;
  person: string;
  path: string;
}

/**
 * One changed file; paths are relative to the worktree. Counts are None for a binary file.
 *
 * `old_mode` and `mode` are git's (`100644`), empty where that side has no such file.
 */
export interface FileChange {
  path: string;
  old_path: string | null;
  status: "added" | "modified" | "deleted" | "renamed" | "copied" | "type" | "unmerged" | "untracked";
  added: number | null;
  removed: number | null;
  old_mode: string;
  mode: string;
}

/** A file that came with a mail. `size` is in bytes. */
export interface FileNote {
  name: string;
  kind: string;
  size: number;
}

/** The paths of a worktree's files, sorted; `truncated` where there are more than are sent. */
export interface FilesView {
  files: string[];
  truncated: boolean;
}

/** A fire to come: its nominal time, when it is due, and the nominal time in the schedule's zone. */
export interface FireView {
  fire_at: string;
  due: string;
  local: string;
}

/**
 * One hunk of git's, without context lines. `id` stays the same as long as its lines and place do.
 *
 * `start` and `count` are of the old side, `new_start` and `new_count` of the new one, as in a patch.
 */
export interface HunkView {
  id: string;
  start: number;
  count: number;
  new_start: number;
  new_count: number;
  lines: string[];
}

/** An agent's identity. The counts are None where the provider does not tell them. */
export interface IdentityView {
  agent: string;
  name: string;
  uuid: string;
  provider: string;
  address: string;
  phone: string | null;
  archived: boolean;
  unread_mails: number | null;
  unread_texts: number | null;
  passwords: number | null;
  secrets: number | null;
}

/**
 * One message to who watches, with exactly one of `views`, `agents` and `event`.
 *
 * `views` is every constellation in full: the first message, and whenever agents come or go. `agents` are
 * those that changed since, by the constellation's file. `event`: something happened. `id` is the mark to
 * come back with (`Last-Event-ID`, `since`); messages without it, as events of before, leave it as it is.
 * With `fresh` nothing that was known before counts; with `stale` some frames were left out, because the
 * reader was too slow for them.
 */
export interface LiveFrame {
  id?: string;
  fresh?: boolean;
  stale?: boolean;
  views?: ConstellationRow[];
  agents?: Record<string, AgentView[]>;
  event?: EventView;
}

/** The code out of the address that `constellagent web` opened. */
export interface LoginBody {
  code: string;
}

/** A new login: what the page sends as `X-Constellagent`, beside the cookie, with every request. */
export interface LoginView {
  page: string;
}

/** A mail from the agent's address. */
export interface MailBody {
  to: string;
  subject: string;
  body: string;
  cc?: string[];
  bcc?: string[];
}

/** One mail. `text` is empty where there is only `html`; `state` is `held` where it could not leave. */
export interface MailView {
  id: number;
  thread: string;
  sender: string;
  sender_name: string;
  to: string;
  cc: string;
  subject: string;
  text: string;
  html: string;
  incoming: boolean;
  read: boolean;
  state: string;
  at: string;
  files: FileNote[];
}

/** Who the caller is. `agent` and `constellation` (an id) are empty for a person. */
export interface MeView {
  scope: "read" | "admin";
  agent: string;
  constellation: string;
  via: "socket" | "token" | "cookie";
}

/** How to merge the branch into its base; `commit`, as the preview had it, must still be the branch's. */
export interface MergeBody {
  method: "merge" | "squash" | "rebase";
  message?: string;
  commit?: string;
  author?: "agent" | "person";
}

/**
 * What merging would do. `blocked` says why it cannot be done now, in words, empty where it can.
 *
 * `commit` is the branch's commit that was looked at, `base_commit` the base's. `uncommitted` counts changes
 * in the worktree that a merge would leave behind.
 */
export interface MergeView {
  base: string;
  base_commit: string;
  branch: string;
  commit: string;
  commits: number;
  files: number;
  fast_forward: boolean;
  up_to_date: boolean;
  conflicts: ConflictView[];
  uncommitted: number;
  blocked: string;
}

/** A merge that was made: the base's commit now and before, and what was done, in words. */
export interface MergedView {
  base: string;
  commit: string;
  before: string;
  done: string[];
}

/** A token that was made just now: this is the only time that its value is shown. */
export interface NewTokenView {
  id: string;
  name: string;
  scope: "read" | "admin" | "agent";
  constellation: string;
  agent: string;
  created_at: number;
  used_at: number | null;
  expires_at: number | null;
  token: string;
}

/** The fire that wakes an agent next. `due` is epoch seconds. */
export interface NextFireView {
  schedule: string;
  fire_at: string;
  due: number;
}

/**
 * A run of an agent that has not ended. `since` is when it started, epoch seconds, None before.
 *
 * One that reached a limit is `paused` since then, and `why` says which; `schedule` is the agent's name
 * where no schedule started it.
 */
export interface OpenRunView {
  run: string;
  schedule: string;
  state: string;
  since: number | null;
  why?: string;
}

/** Where the page is served, with an address that logs a browser in, once, until `expires_at`. */
export interface OpenedView {
  on: boolean;
  url: string;
  host: string;
  port: number;
  why: string;
  page: PageView;
  expires_at: number;
}

/**
 * A file that several agents have changed against their bases.
 *
 * An empty path lists the agents whose changes could not be looked at, or not all of them.
 */
export interface OverlapView {
  path: string;
  agents: string[];
}

/** Whether there is a page to look at; `why` there is none, empty where there is. */
export interface PageView {
  built: boolean;
  why: string;
}

/** Why, in words for who wonders later. */
export interface PauseBody {
  why?: string;
}

/** What to plan: all, or `agents`. `env_names` are the variables that an apply would be given. */
export interface PlanBody {
  agents?: string[];
  restart?: string[];
  prune?: boolean;
  destroy?: boolean;
  force?: boolean;
  env_names?: string[];
}

/**
 * A plan, and what is needed to decide on it and apply it.
 *
 * `plan` is the JSON form of `plan.actions.Plan`; `lines` and `summary` its human form. `wants_env`
 * names the variables whose values `ApplyRequest.env` should carry. `content_hash` is what
 * `ApplyRequest.approved` must repeat. `schedules` holds the declarations that are in effect now, by
 * `agent/name`. `programs` is where agents find the program of their kind on the PATH that they get, by the
 * agent's name, empty for nowhere; it is there where that PATH is known.
 */
export interface PlanReply {
  constellation: string;
  plan: Record<string, unknown>;
  lines: string[];
  summary: string;
  empty: boolean;
  pending: boolean;
  blocked: boolean;
  content_hash: string;
  trusted: boolean;
  commands: CommandView[];
  wants_env: string[];
  schedules: Record<string, string>;
  programs?: Record<string, string>;
}

/**
 * Why a request failed.
 *
 * `kind` names the class of the error, `hint` says what to do, `details` is what else is known.
 */
export interface ProblemView {
  type: string;
  title: string;
  status: number;
  detail: string;
  kind: string;
  hint?: string;
  details?: Record<string, unknown>;
}

/** Where to push the branch; without `remote` where it is pushed to usually. */
export interface PushBody {
  remote?: string;
}

/** Which file to remove, in the version that was seen. */
export interface RemoveBody {
  path: string;
  version: string;
}

/** How to start it: with `new` it begins a new conversation; the old one is kept. */
export interface RestartBody {
  new?: boolean;
}

/**
 * How a subject was started again.
 *
 * `conversation` is how its program calls the conversation, empty where that is not known (yet) or it keeps
 * none. `resumed` says that it goes on; `why` says why it does not although there was one before.
 */
export interface RestartView {
  session: SessionView;
  conversation: string;
  resumed: boolean;
  why: string;
}

/** With `catch_up` it makes up for what it missed while paused, as its declaration allows. */
export interface ResumeBody {
  catch_up?: boolean;
}

/**
 * What to run: the agent with a prompt, or a command in its place, in a terminal of this size.
 *
 * It is ended after `timeout` seconds. Where a limit is reached it starts with `over_limit` only.
 */
export interface RunBody {
  prompt?: string;
  argv?: string[];
  rows?: number;
  columns?: number;
  timeout?: number;
  over_limit?: boolean;
}

/**
 * One row of the ledger. Times are texts in UTC, empty where there is none.
 *
 * `fire_at` is the nominal time and `due` the earliest start. `why` says what there is to say about the
 * state; of a queued run it says what it waits for. A row with state `missed` stands for `count` fires from
 * `first` to `fire_at`. `seconds` is how long it has run. `log` is the folder of its output, empty where
 * it has none (any more). `commits` are the newest ones (`id`, `subject`), `commit_count` is how many there
 * are. `did` counts what the run did as its identity: mails_read, mails_sent, texts_read, texts_sent,
 * secrets, passwords; it is empty where nobody could look. `denied` names the tools that a coding agent
 * wanted and was not allowed to use, and `usage` is None where its program did not say. `told` says when
 * its owner was told of its failure, `kept` why its worktree stays.
 */
export interface RunView {
  run: string;
  schedule: string;
  origin: string;
  reason: string;
  fire_at: string;
  due: string;
  attempt: number;
  state: string;
  why: string;
  first: string;
  count: number;
  missed: number;
  decided_at: string;
  started_at: string;
  ended_at: string;
  seconds: number | null;
  exit_status: number | null;
  log: string;
  branch: string;
  path: string;
  commits: Record<string, string>[];
  commit_count: number;
  did: Record<string, number>;
  denied: string[];
  usage: UsageView | null;
  told: string;
  kept: string;
  tzdata: string;
}

/** A file's new text. `version` is what the text was made from, empty for a file that is to be new. */
export interface SaveBody {
  path: string;
  text: string;
  version: string;
  encoding?: string;
  eol?: string;
}

/** A saved file: its version now. */
export interface SavedView {
  path: string;
  version: string;
  size: number;
}

/**
 * One schedule in effect.
 *
 * `state` is `on`, `paused`, `never` (no fire will come), or `behind` (the clock was set back behind what is
 * decided already). `wakes` says in words what wakes it; `resolved` is `cron` with its words and `H`
 * replaced by numbers. `next` are the next fires, three at most. `open` are its runs that have not ended,
 * `last` is the newest one that has. Of several hundred schedules at once only the next fire and no last run
 * are given.
 */
export interface ScheduleView {
  schedule: string;
  agent: string;
  name: string;
  wakes: string;
  cron: string;
  resolved: string;
  timezone: string;
  state: "on" | "paused" | "never" | "behind";
  why: string;
  next: FireView[];
  upto: string;
  failures: number;
  open: RunView[];
  last: RunView | null;
  declared: Record<string, unknown>;
}

/**
 * A session's screen as it was after its output up to `offset` of the log; `data` is base64.
 *
 * `engine` names the release of the terminal engine. `form` may be `ansi` where `engine` was asked for.
 */
export interface ScreenView {
  session: string;
  rows: number;
  columns: number;
  offset: number;
  form: "ansi" | "engine" | "text";
  engine: string;
  title: string;
  data: string;
}

/** Which changes, in one of three ways: of `paths`, `hunks` (by id) of one `path`, or `all` there are. */
export interface SelectBody {
  all?: true;
  paths?: string[];
  path?: string;
  hunks?: string[];
}

/**
 * Text for the agent, as if it were pasted; with `enter` (default) the Enter key follows.
 *
 * An agent that asks for a permission takes it for the answer, so it gets it with `force` only; and one that
 * reached a limit with `over_limit` only.
 */
export interface SendBody {
  text: string;
  enter?: boolean;
  force?: boolean;
  over_limit?: boolean;
}

/** Which comments to send, by default all open ones, and what to say before them. */
export interface SendCommentsBody {
  ids?: string[];
  text?: string;
}

/**
 * How a text went: `confirmed` only where the terminal showed that the program took it.
 *
 * Otherwise `why` says in words what is known of it; it is empty where all is well.
 */
export interface SendView {
  confirmed: boolean;
  why: string;
}

/**
 * How a batch of comments went to the agent: `sent` only where the terminal showed that it took it.
 *
 * `why` says what is known otherwise, in words; comments stay open then. `prompt` is the text.
 */
export interface SentView {
  sent: boolean;
  why: string;
  prompt: string;
  ids: string[];
}

/** One service as `status` shows it. */
export interface ServiceView {
  name: string;
  state:
    | "starting"
    | "running"
    | "working"
    | "waiting"
    | "done"
    | "failed"
    | "exited"
    | "stopped"
    | "unknown";
  reason: string;
  since: number | null;
  session: SessionView | null;
}

/** One session. `socket` is the holder's unix socket, `log` the folder of its output. */
export interface SessionView {
  id: string;
  role: "agent" | "service" | "run";
  live: boolean;
  pid: number | null;
  started_at: number;
  ended_at: number | null;
  exit_status: number | null;
  outcome: string;
  socket: string;
  log: string;
}

/** How it ended, in words. */
export interface StoppedView {
  outcome: string;
}

/** One item of a streamed reply: progress events, then exactly one result. */
export interface StreamItem {
  event?: Record<string, unknown>;
  result?: Record<string, unknown>;
}

/**
 * One text message of the server; binary ones are the program's output.
 *
 * snapshot  session, rows, columns, mode, live, bytes   begin anew with this size; the next `bytes` bytes
 *                                               of output draw the screen
 * sized     rows, columns                       the program's terminal has this size for what follows
 * resync                                        some output was left out; a snapshot follows
 * refused   text                                what was asked or typed was refused, in words
 * exit      text, exit_status, signal           the session ended; what it showed stays
 * gone      text                                the session cannot be reached now; come again
 *
 * After `exit` the connection stays open until the subject has another session, and is closed with
 * `RESTARTED` then; at once and with 1000 where the subject was the id of a session.
 */
export interface TerminalMessage {
  type: "snapshot" | "sized" | "resync" | "refused" | "exit" | "gone";
  session?: string;
  rows?: number;
  columns?: number;
  mode?: "read" | "write";
  live?: boolean;
  bytes?: number;
  text?: string;
  exit_status?: number | null;
  signal?: number | null;
}

/** A text from the agent's number. */
export interface TextBody {
  to: string;
  body: string;
}

/** One text. `state` is `held` where it could not leave this machine. */
export interface TextView {
  id: number;
  sender: string;
  to: string;
  text: string;
  incoming: boolean;
  read: boolean;
  state: string;
  at: string;
}

/** A conversation by mail. `at` is when its newest mail came, RFC 3339. */
export interface ThreadView {
  thread: string;
  subject: string;
  sender: string;
  sender_name: string;
  preview: string;
  unread: number;
  mails: number;
  at: string;
}

/**
 * A token to make. With scope `agent` it is for one agent alone, of `constellation` (id or name).
 *
 * Without `days` it does not expire.
 */
export interface TokenBody {
  name: string;
  scope: "read" | "admin" | "agent";
  constellation?: string;
  agent?: string;
  days?: number;
}

/** A token, without its value. `constellation` is an id; times are epoch seconds, None for never. */
export interface TokenView {
  id: string;
  name: string;
  scope: "read" | "admin" | "agent";
  constellation: string;
  agent: string;
  created_at: number;
  used_at: number | null;
  expires_at: number | null;
}

/** What a run used, as its program says: tokens read (those from a cache too) and written, US dollars. */
export interface UsageView {
  input: number;
  output: number;
  cost: number | null;
}

/** How to open the page: for looking only, and at which agent (with its constellation, by id or name). */
export interface WebBody {
  read_only?: boolean;
  constellation?: string;
  agent?: string;
}

/** Where the page is served. `why` says why not, or what is worth knowing; `page` whether it was built. */
export interface WebView {
  on: boolean;
  url: string;
  host: string;
  port: number;
  why: string;
  page: PageView;
}

/** What each operation takes and answers; `undefined` where there is nothing. */
export interface Operations {
  "POST /login": {
    body: LoginBody;
    query: undefined;
    reply: LoginView;
  };
  "POST /logout": {
    body: undefined;
    query: undefined;
    reply: undefined;
  };
  "GET /me": {
    body: undefined;
    query: undefined;
    reply: MeView;
  };
  "GET /web": {
    body: undefined;
    query: undefined;
    reply: WebView;
  };
  "POST /web": {
    body: WebBody;
    query: undefined;
    reply: OpenedView;
  };
  "DELETE /web": {
    body: undefined;
    query: undefined;
    reply: undefined;
  };
  "GET /tokens": {
    body: undefined;
    query: undefined;
    reply: { data: TokenView[]; next: string };
  };
  "POST /tokens": {
    body: TokenBody;
    query: undefined;
    reply: NewTokenView;
  };
  "DELETE /tokens/{id}": {
    body: undefined;
    query: undefined;
    reply: undefined;
  };
  "GET /openapi.json": {
    body: undefined;
    query: undefined;
    reply: Record<string, unknown>;
  };
  "GET /info": {
    body: undefined;
    query: undefined;
    reply: DaemonView;
  };
  "GET /constellations": {
    body: undefined;
    query: undefined;
    reply: { data: ConstellationRow[]; next: string };
  };
  "GET /constellations/{constellation}": {
    body: undefined;
    query: undefined;
    reply: ConstellationRow;
  };
  "GET /constellations/{constellation}/agents": {
    body: undefined;
    query: undefined;
    reply: { data: AgentView[]; next: string };
  };
  "GET /constellations/{constellation}/agents/{agent}": {
    body: undefined;
    query: undefined;
    reply: AgentView;
  };
  "GET /constellations/{constellation}/services": {
    body: undefined;
    query: undefined;
    reply: { data: ServiceView[]; next: string };
  };
  "POST /constellations/{constellation}/plan": {
    body: PlanBody;
    query: undefined;
    reply: PlanReply;
  };
  "POST /constellations/{constellation}/apply": {
    body: ApplyBody;
    query: undefined;
    reply: StreamItem;
  };
  "GET /constellations/{constellation}/agents/{agent}/session": {
    body: undefined;
    query: undefined;
    reply: SessionView;
  };
  "GET /constellations/{constellation}/agents/{agent}/screen": {
    body: undefined;
    query: { form?: "text" | "ansi"; history?: number };
    reply: ScreenView;
  };
  "POST /constellations/{constellation}/agents/{agent}/send": {
    body: SendBody;
    query: undefined;
    reply: SendView;
  };
  "POST /constellations/{constellation}/agents/{agent}/runs": {
    body: RunBody;
    query: undefined;
    reply: SessionView;
  };
  "POST /constellations/{constellation}/agents/{agent}/stop": {
    body: undefined;
    query: undefined;
    reply: StoppedView;
  };
  "POST /constellations/{constellation}/agents/{agent}/restart": {
    body: RestartBody;
    query: undefined;
    reply: RestartView;
  };
  "GET /constellations/{constellation}/sessions/{session}": {
    body: undefined;
    query: undefined;
    reply: SessionView;
  };
  "GET /constellations/{constellation}/sessions/{session}/screen": {
    body: undefined;
    query: { form?: "text" | "ansi"; history?: number };
    reply: ScreenView;
  };
  "POST /constellations/{constellation}/sessions/{session}/stop": {
    body: undefined;
    query: undefined;
    reply: StoppedView;
  };
  "GET /constellations/{constellation}/agents/{agent}/diff": {
    body: undefined;
    query: {
      against?: string;
      to?: string;
      run?: string;
      ignore_space?: boolean;
      path?: string[];
      context?: number;
    };
    reply: DiffView;
  };
  "GET /constellations/{constellation}/agents/{agent}/files": {
    body: undefined;
    query: { run?: string };
    reply: FilesView;
  };
  "GET /constellations/{constellation}/agents/{agent}/content": {
    body: undefined;
    query: { path: string; revision?: string; run?: string };
    reply: ContentView;
  };
  "PUT /constellations/{constellation}/agents/{agent}/content": {
    body: SaveBody;
    query: undefined;
    reply: SavedView;
  };
  "DELETE /constellations/{constellation}/agents/{agent}/content": {
    body: RemoveBody;
    query: undefined;
    reply: DoneView;
  };
  "GET /constellations/{constellation}/agents/{agent}/commits": {
    body: undefined;
    query: { revision?: string; run?: string; limit?: number; cursor?: string; all?: boolean };
    reply: { data: CommitView[]; next: string };
  };
  "GET /constellations/{constellation}/agents/{agent}/facts": {
    body: undefined;
    query: undefined;
    reply: FactsView;
  };
  "GET /constellations/{constellation}/agents/{agent}/hunks": {
    body: undefined;
    query: { path: string; staged?: boolean };
    reply: { data: HunkView[]; next: string };
  };
  "GET /constellations/{constellation}/agents/{agent}/merge": {
    body: undefined;
    query: undefined;
    reply: MergeView;
  };
  "POST /constellations/{constellation}/agents/{agent}/merge": {
    body: MergeBody;
    query: undefined;
    reply: MergedView;
  };
  "GET /constellations/{constellation}/overlaps": {
    body: undefined;
    query: undefined;
    reply: { data: OverlapView[]; next: string };
  };
  "POST /constellations/{constellation}/agents/{agent}/stage": {
    body: SelectBody;
    query: undefined;
    reply: DoneView;
  };
  "POST /constellations/{constellation}/agents/{agent}/unstage": {
    body: SelectBody;
    query: undefined;
    reply: DoneView;
  };
  "POST /constellations/{constellation}/agents/{agent}/discard": {
    body: SelectBody;
    query: undefined;
    reply: DoneView;
  };
  "POST /constellations/{constellation}/agents/{agent}/commit": {
    body: CommitBody;
    query: undefined;
    reply: CommitView;
  };
  "POST /constellations/{constellation}/agents/{agent}/push": {
    body: PushBody;
    query: undefined;
    reply: DoneView;
  };
  "GET /constellations/{constellation}/agents/{agent}/comments": {
    body: undefined;
    query: { state?: ("open" | "sent" | "resolved")[] };
    reply: { data: CommentView[]; next: string };
  };
  "POST /constellations/{constellation}/agents/{agent}/comments": {
    body: CommentBody;
    query: undefined;
    reply: CommentView;
  };
  "POST /constellations/{constellation}/agents/{agent}/comments/send": {
    body: SendCommentsBody;
    query: undefined;
    reply: SentView;
  };
  "PATCH /constellations/{constellation}/agents/{agent}/comments/{comment}": {
    body: CommentChange;
    query: undefined;
    reply: CommentView;
  };
  "DELETE /constellations/{constellation}/agents/{agent}/comments/{comment}": {
    body: undefined;
    query: undefined;
    reply: CommentView;
  };
  "GET /constellations/{constellation}/schedules": {
    body: undefined;
    query: undefined;
    reply: { data: ScheduleView[]; next: string };
  };
  "POST /constellations/{constellation}/schedules/{agent}/{name}/run": {
    body: undefined;
    query: undefined;
    reply: RunView;
  };
  "POST /constellations/{constellation}/schedules/{agent}/{name}/pause": {
    body: PauseBody;
    query: undefined;
    reply: ChangedView;
  };
  "POST /constellations/{constellation}/schedules/{agent}/{name}/resume": {
    body: ResumeBody;
    query: undefined;
    reply: ChangedView;
  };
  "GET /constellations/{constellation}/runs": {
    body: undefined;
    query: {
      schedule?: string[];
      state?: string[];
      since?: string;
      until?: string;
      limit?: number;
      cursor?: string;
    };
    reply: { data: RunView[]; next: string };
  };
  "GET /constellations/{constellation}/runs/{run}": {
    body: undefined;
    query: undefined;
    reply: RunView;
  };
  "POST /constellations/{constellation}/runs/{run}/stop": {
    body: undefined;
    query: undefined;
    reply: StoppedView;
  };
  "GET /constellations/{constellation}/identities": {
    body: undefined;
    query: undefined;
    reply: { data: IdentityView[]; next: string };
  };
  "GET /constellations/{constellation}/agents/{agent}/identity": {
    body: undefined;
    query: undefined;
    reply: IdentityView;
  };
  "GET /constellations/{constellation}/agents/{agent}/mail": {
    body: undefined;
    query: { unread?: boolean; limit?: number; cursor?: string };
    reply: { data: ThreadView[]; next: string };
  };
  "POST /constellations/{constellation}/agents/{agent}/mail": {
    body: MailBody;
    query: undefined;
    reply: MailView;
  };
  "GET /constellations/{constellation}/agents/{agent}/mail/{thread}": {
    body: undefined;
    query: undefined;
    reply: { data: MailView[]; next: string };
  };
  "GET /constellations/{constellation}/agents/{agent}/texts": {
    body: undefined;
    query: { unread?: boolean; limit?: number; cursor?: string };
    reply: { data: ConversationView[]; next: string };
  };
  "POST /constellations/{constellation}/agents/{agent}/texts": {
    body: TextBody;
    query: undefined;
    reply: TextView;
  };
  "GET /constellations/{constellation}/agents/{agent}/texts/{conversation}": {
    body: undefined;
    query: undefined;
    reply: { data: TextView[]; next: string };
  };
  "GET /constellations/{constellation}/agents/{agent}/codes": {
    body: undefined;
    query: { sender?: string; max_age?: number };
    reply: { data: CodeView[]; next: string };
  };
  "GET /constellations/{constellation}/audit": {
    body: undefined;
    query: { agent?: string; since?: string; until?: string; limit?: number; cursor?: string };
    reply: { data: AuditView[]; next: string };
  };
  "GET /events": {
    body: undefined;
    query: { since?: string };
    reply: LiveFrame;
  };
  "GET /live": {
    body: undefined;
    query: { since?: string };
    reply: LiveFrame;
  };
  "GET /constellations/{constellation}/sessions/{subject}/terminal": {
    body: undefined;
    query: { mode?: "read" | "write"; rows?: number; columns?: number };
    reply: TerminalMessage;
  };
}
