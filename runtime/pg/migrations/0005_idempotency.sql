-- What stands for an Idempotency-Key: the call that works on it, and then its answer. A call proves with its claim that
-- the key is still its own: one that takes the key over has another, and a key that was let go has none.
CREATE TABLE idempotency_keys (
        caller       text COLLATE "C" NOT NULL,
        method       text COLLATE "C" NOT NULL,
        key          text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        claim        uuid NOT NULL UNIQUE,
        lease_until  timestamptz NOT NULL,
        answer       bytea, -- the packed response
        is_json      boolean NOT NULL DEFAULT false, -- the answer is the response's JSON, since SQL made it
        created_at   timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (caller, method, key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- What the sweep walks.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Keeps an answer that only SQL knows, as the JSON of the response; a fence, as require_rows is. Nothing without a claim.
CREATE FUNCTION keep_answer(of_claim uuid, response json) RETURNS boolean LANGUAGE plpgsql STRICT AS $$
BEGIN
        UPDATE idempotency_keys SET answer = convert_to(response::text, 'UTF8'), is_json = true
         WHERE claim = of_claim AND answer IS NULL;
        RETURN require_rows(FOUND::int, 'KEY_TAKEN_OVER');
END
$$;
