"""Settings of this machine and user, from `CONSTELLAGENT_*` variables. Never the constellation's words."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from constellagent.errors import UsageError
from constellagent.runtime.paths import Paths, default_home


class Settings(BaseSettings):
    """What the environment may say. Each field is `CONSTELLAGENT_<NAME>`; an empty variable says nothing."""

    model_config = SettingsConfigDict(
        env_prefix="CONSTELLAGENT_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    home: Path = Field(default_factory=default_home, description="Where state is kept.")
    key_file: Path | None = Field(
        default=None, description="File with the root key of what is kept encrypted."
    )
    key_source: Literal["file", "keyring", "passphrase"] | None = Field(
        default=None,
        description="Where the root key is kept when it is made first; `file` if nothing is said.",
    )
    passphrase: SecretStr | None = Field(
        default=None, description="Passphrase of the root key, where it is kept under one."
    )
    passphrase_file: Path | None = Field(
        default=None, description="Private file, or /dev/fd/N, with the passphrase of the root key."
    )
    provider_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the local provider; 0 chooses one and keeps it."
    )
    smtp_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port on which the local provider takes mail in; 0 chooses one and keeps it.",
    )
    relay_url: str | None = Field(
        default=None, description="SMTP server for mail to the rest of the world: smtp://user@host:587."
    )
    relay_password: SecretStr | None = Field(default=None, description="Password for that server.")
    sms_token: SecretStr | None = Field(
        default=None, description="With what posts to the SMS gateway must be signed; unset checks nothing."
    )
    mailbox_limit: int = Field(
        default=4096,
        ge=1,
        description="MiB of mail and texts that one local identity keeps; what comes then is refused.",
    )
    hooks_port: int = Field(
        default=0, ge=0, le=65535, description="Port that takes signed webhooks; 0 chooses one and keeps it."
    )
    parallel: int = Field(default=4, ge=1, le=64, description="Agents that apply works on at once.")
    git_parallel: int = Field(default=2, ge=1, le=64, description="Checkouts that run at once.")
    git_timeout: float = Field(default=900.0, gt=0, description="Seconds after which a git command is ended.")
    unconfined: bool = Field(
        default=False,
        description="Whether our own git may look without a sandbox at what sandboxed agents left, where "
        "there can be none any more.",
    )
    setup_timeout: float = Field(
        default=1800.0, gt=0, description="Seconds after which a setup step is ended."
    )
    run_parallel: int = Field(
        default=8, ge=1, le=1000, description="Runs of schedules that go on at once; others wait their turn."
    )
    wake_grace: float = Field(
        default=10.0, ge=0, description="Seconds after a sleep before a schedule starts anything."
    )
    log_bytes: int = Field(default=8 << 20, ge=1 << 16, description="Output kept per session, in bytes.")
    keep_sessions: int = Field(
        default=20, ge=0, description="Ended sessions whose output is kept, per subject; one always is."
    )
    keep_days: float = Field(
        default=30.0, gt=0, description="Days that the output of an ended session is kept."
    )
    scrollback: int = Field(
        default=10_000, ge=0, le=60_000, description="Lines of scrollback kept of each live session's screen."
    )
    grapheme_clusters: bool = Field(
        default=True,
        description="Whether a cluster such as a family emoji is one character of a screen (mode 2027).",
    )
    screen_background: Literal["dark", "light"] = Field(
        default="dark", description="What a program is told that asks for its terminal's colours."
    )
    pty_size: Literal["latest", "smallest"] = Field(
        default="latest", description="Whose size a session gets of several that are attached."
    )
    clipboard: bool = Field(
        default=False, description="Whether a program may write to your clipboard (OSC 52); reading it never."
    )
    prefix: str = Field(default="ctrl-]", description="Key that commands of the multiplexer begin with.")
    theme: Literal["auto", "dark", "light", "16", "mono"] = Field(
        default="auto", description="Colours of the multiplexer; `auto` follows the terminal and NO_COLOR."
    )
    tell: str = Field(
        default="bell,desktop",
        description="How the multiplexer tells of waiting, done and failed agents: "
        "`bell`, `desktop`, both, or `none`; a line is always shown.",
    )
    web: bool = Field(default=False, description="Whether the web page is served from the daemon's start on.")
    web_host: str = Field(
        default="127.0.0.1",
        description="Address the web page listens at; any but loopback needs a certificate and WEB_HOSTS.",
    )
    web_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the web page; 0 chooses one and keeps it."
    )
    web_hosts: str = Field(
        default="", description="Names by which other machines may reach the web page, with commas between."
    )
    web_certificate: Path | None = Field(
        default=None, description="File with the TLS certificate of the web page, in PEM."
    )
    web_key: Path | None = Field(default=None, description="File with the key of that certificate.")
    ravi_api_url: str = Field(
        default="https://api.ravi.app",
        description="Address of the hosted provider; RAVI_API_URL is not taken: sessions have it too.",
    )
    ravi_api_key: SecretStr | None = Field(
        default=None,
        description="Management key of the hosted provider; "
        "unset takes RAVI_API_KEY of the applying shell, else ~/.ravi/config.json.",
    )
    ravi_ca_bundle: Path | None = Field(
        default=None, description="File with the certificates of a private authority for the hosted provider."
    )

    def __init__(self, **values: Any) -> None:
        """Read the environment; `values` win over it.

        Raises:
            UsageError: a variable holds what its setting cannot be.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            wrong = [f"CONSTELLAGENT_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
            raise UsageError("; ".join(wrong), hint="correct or unset the variable") from None

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        """A relative home would mean another state, and another daemon, in each folder."""
        if not home.expanduser().is_absolute():
            raise ValueError("give it from the root on")
        return home.expanduser()

    @property
    def paths(self) -> Paths:
        """The layout below `home`."""
        return Paths(self.home)
