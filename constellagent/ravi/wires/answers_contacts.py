"""Contacts as the provider shows them."""

from constellagent.ravi.wire import Text, _Answer


class Contact(_Answer):
    """Somebody whom an identity knows. `source` is `auto` where mail or a text made the contact."""

    uuid: str
    email: Text = ""
    phone_number: Text = ""
    display_name: Text = ""
    nickname: Text = ""
    is_trusted: bool = False
    source: Text = ""
    interaction_count: int = 0
    last_interaction_dt: Text = ""
    created_dt: Text = ""
    updated_dt: Text = ""
