"""How each kind of agent is launched, and by what signs its state is known. Pure."""
