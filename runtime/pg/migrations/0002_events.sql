-- Which stream took the event: counted by the relay, raised whenever the stream turns out to have lost something. So
-- what was lost is known by numbers, and no clock is asked.
ALTER TABLE outbox ADD COLUMN stream_epoch integer NOT NULL DEFAULT 0;
