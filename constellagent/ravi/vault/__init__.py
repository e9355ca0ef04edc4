"""Keys, and what is sealed with them: one root key, under it one data key per identity."""

from constellagent.ravi.vault.data_keys import DataKey
from constellagent.ravi.vault.key_files import KEY_FILE
from constellagent.ravi.vault.root import RootKey, VaultError
from constellagent.ravi.vault.sources import open_root_key

__all__ = ["KEY_FILE", "DataKey", "RootKey", "VaultError", "open_root_key"]
