-- A loss is known by numbers alone, since the database's clock may step back: every loss begins an epoch, and an event
-- that was marked in an earlier one with a higher sequence than replay_above goes out again.
ALTER TABLE outbox_stream ADD COLUMN epoch integer NOT NULL DEFAULT 0;
ALTER TABLE outbox_stream ADD COLUMN is_replaying boolean NOT NULL DEFAULT false;
UPDATE outbox_stream SET epoch = 1, is_replaying = true WHERE replay_before IS NOT NULL;
ALTER TABLE outbox_stream DROP COLUMN replay_before;
