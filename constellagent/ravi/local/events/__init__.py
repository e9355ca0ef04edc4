"""What happened to identities: kept in order, streamed live, posted to webhooks."""
