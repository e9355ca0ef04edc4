"""Events, streams and webhooks."""
