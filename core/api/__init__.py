"""What all API views share: who asks, what is read, pages, problem documents, idempotency."""
