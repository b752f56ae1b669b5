-- A fence: inside a batch it turns "no row" into a failure with a reason, which rolls everything back.
CREATE FUNCTION require_rows(count bigint, reason text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
        IF count > 0 THEN
                RETURN true;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'MR001', MESSAGE = reason;
END
$$;

-- payload is JSON as text: what is published is what was written, to the byte.
-- An aggregate's version is what may not come twice; an index on the event's id, which is made anew for each, would only
-- be paid for.
-- Every row is rewritten once, soon, by the relay, elsewhere since an index looks at processed_at: pages are filled, and
-- vacuum comes early to give back the room of the old versions.
CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id uuid NOT NULL,
        aggregate_type text NOT NULL,
        aggregate_id text NOT NULL,
        aggregate_version bigint NOT NULL,
        event_type text NOT NULL,
        payload text NOT NULL,
        partition smallint NOT NULL,
        traceparent text,
        created_at timestamptz NOT NULL DEFAULT now(),
        processed_at timestamptz,
        stream_sequence bigint,
        retry_count integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz,
        last_error text,
        UNIQUE (aggregate_type, aggregate_id, aggregate_version)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

CREATE INDEX outbox_unprocessed ON outbox (partition, id) WHERE processed_at IS NULL;

-- A new owner raises the epoch; what an old one still tries to mark fails on it.
CREATE TABLE outbox_partition (
        partition smallint PRIMARY KEY,
        epoch bigint NOT NULL DEFAULT 0,
        owner text
);

INSERT INTO outbox_partition (partition) SELECT generate_series(0, 15);

-- Events that the broker refused too often, until someone sends them again.
CREATE TABLE outbox_dead (
        id bigint PRIMARY KEY,
        event_id uuid NOT NULL UNIQUE,
        aggregate_type text NOT NULL,
        aggregate_id text NOT NULL,
        aggregate_version bigint NOT NULL,
        event_type text NOT NULL,
        payload text NOT NULL,
        partition smallint NOT NULL,
        traceparent text,
        created_at timestamptz NOT NULL,
        processed_at timestamptz,
        stream_sequence bigint,
        retry_count integer NOT NULL,
        next_attempt_at timestamptz,
        last_error text,
        died_at timestamptz NOT NULL DEFAULT now()
);

-- The last version that a consumer applied. Only the version changes, so updates stay on their page.
CREATE TABLE inbox (
        consumer text NOT NULL,
        aggregate_id text NOT NULL,
        version bigint NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, aggregate_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- Events that a consumer cannot apply, whatever it does; the rest flows on.
CREATE TABLE inbox_dead (
        consumer text NOT NULL,
        event_id text NOT NULL,
        subject text NOT NULL,
        payload bytea NOT NULL,
        reason text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, event_id)
);
