"""Microsoft Graph: users, delta, $batch and the few admin objects the connector's setup needs."""
