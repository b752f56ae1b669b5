-- What is known of the stream. When it is another one by now, or ends before what it had acknowledged, it lost events.
CREATE TABLE outbox_stream (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        created_us bigint NOT NULL,
        last_sequence bigint NOT NULL,
        -- Events marked before this time with a higher sequence than this go out again; NULL: none do.
        replay_before timestamptz,
        replay_above bigint NOT NULL DEFAULT 0,
        replay_after_id bigint NOT NULL DEFAULT 0
);
