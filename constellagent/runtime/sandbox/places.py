"""What of a person's files no sandboxed agent sees unless the file gives it back, and what of `/run` it does.

Keys, logins, what was typed and browsed, and the sockets of programs that act for whoever reaches them.
"""

SECRETS = (
    ".ravi",
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".config/gcloud",
    ".config/gh",
    ".config/glab-cli",
    ".config/hub",
    ".config/doctl",
    ".config/op",
    ".config/rclone",
    ".config/containers",
    ".config/sops",
    ".config/age",
    ".config/git/credentials",
    ".config/constellagent",
    ".fly",
    ".oci",
    ".terraform.d",
    ".vault-token",
    ".password-store",
    ".local/share/keyrings",
    ".local/share/kwalletd",
    ".config/stripe",
    ".config/heroku",
    ".config/ngrok",
    ".config/configstore",
    ".config/Bitwarden",
    ".config/1Password",
    ".config/Signal",
    ".config/Slack",
    ".config/gopass",
    ".local/share/gopass",
    ".local/share/evolution",
    ".pulumi",
    ".Xauthority",
    ".ICEauthority",
    ".vnc",
    ".config/tigervnc",
    ".config/code-server",
    ".local/share/jupyter/runtime",
    ".cache/huggingface/token",
    ".databrickscfg",
    ".msmtprc",
    ".mbsyncrc",
    ".fetchmailrc",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".s3cfg",
    ".boto",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
)
"""Keys and tokens."""

AGENTS = (
    ".claude",
    ".claude.json",
    ".codex",
    ".gemini",
    ".copilot",
    ".config/github-copilot",
    ".config/opencode",
    ".local/share/opencode",
    ".local/state/opencode",
    ".config/aider",
    ".aider.conf.yml",
    ".aider",
)
"""The person's own logins to coding agents, and what was said to them."""

BROWSERS = (
    ".mozilla",
    ".thunderbird",
    ".config/google-chrome",
    ".config/chromium",
    ".config/BraveSoftware",
    ".config/microsoft-edge",
    ".config/vivaldi",
    ".config/opera",
    ".cache/mozilla",
    ".cache/google-chrome",
    ".cache/chromium",
    "snap/firefox",
    "snap/chromium",
    ".var/app",
)
"""Cookies are logins."""

MACOS = (
    "Library/Keychains",
    "Library/Cookies",
    "Library/Safari",
    "Library/Mail",
    "Library/Messages",
    "Library/Containers",
    "Library/Group Containers",
    "Library/Application Support/Google/Chrome",
    "Library/Application Support/Chromium",
    "Library/Application Support/BraveSoftware",
    "Library/Application Support/Microsoft Edge",
    "Library/Application Support/Firefox",
    "Library/Application Support/Arc",
    "Library/Application Support/Claude",
)
"""The same, where macOS keeps it."""

HISTORIES = (
    ".bash_history",
    ".zsh_history",
    ".zsh_sessions",
    ".local/share/fish/fish_history",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
    ".rediscli_history",
    ".lesshst",
    ".viminfo",
    ".wget-hsts",
)
"""What was typed, secrets among it."""

SOCKETS = (
    ".1password",
    ".colima",
    ".lima",
    ".rd",
    ".orbstack",
    ".emacs.d/server",
    ".local/share/containers",
    ".tmux",
)
"""Whoever connects has a program act outside; that a file system is read-only does not hinder it."""

MACHINE = (
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/krb5.keytab",
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/ssh/ssh_host_dsa_key",
    "/etc/ssh/ssh_host_ecdsa_key",
    "/etc/ssh/ssh_host_ed25519_key",
    "/etc/ssh/ssh_host_rsa_key",
    "/etc/ssl/private",
    "/var/lib/incus",
    "/var/lib/lxd",
    "/var/snap/lxd/common/lxd",
)
"""The same, of the machine: keys that root can read, and what runs programs as root for a group of users."""

HIDDEN = (*SECRETS, *AGENTS, *BROWSERS, *MACOS, *HISTORIES, *SOCKETS)
"""Below the home folder."""

TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/var/run")  # noqa: S108 - these are what is replaced
"""Where temporary files and sockets of everybody lie: a sandbox has empty ones of its own."""

RUN = ("/run/current-system", "/run/opengl-driver")
"""What of `/run` is no service but files that programs read: NixOS's system."""

RESOLVING = (
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager/resolv.conf",
    "/run/NetworkManager/no-stub-resolv.conf",
)
"""The same, by which names are resolved; there is a socket in the first, so it is for who has a network."""
