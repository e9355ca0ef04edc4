"""Getting a text into a session whole, starting a turn with it and knowing that; or leaving it unsent."""

from constellagent.runtime.delivery.courier import Courier
from constellagent.runtime.delivery.later import Later
from constellagent.runtime.delivery.pasting import Delivery
from constellagent.runtime.delivery.turns import Turns

__all__ = ["Courier", "Delivery", "Later", "Turns"]
