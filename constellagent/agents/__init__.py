"""How each kind of agent is launched. Pure: from the declaration to argv and environment."""
