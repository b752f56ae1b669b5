-- Who waits behind an event that waits or is dead is found without reading the history of the aggregate.
CREATE INDEX outbox_waiting ON outbox (aggregate_type, aggregate_id)
        WHERE processed_at IS NULL AND next_attempt_at IS NOT NULL;
CREATE INDEX outbox_dead_aggregate ON outbox_dead (aggregate_type, aggregate_id);
