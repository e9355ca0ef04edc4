"""Who an agent is: the Ravi client, the embedded provider and the vault."""
