-- The books of the sandbox provider, as an outside system would keep them. Only the sandbox reads them.

CREATE DOMAIN sandbox_status AS text CHECK (VALUE IN ('CAPTURED', 'DECLINED', 'REQUIRES_ACTION'));

CREATE TABLE sandbox_charges (
        payment_id     text COLLATE "C" PRIMARY KEY, -- the idempotency key
        status         sandbox_status NOT NULL,
        amount_minor   bigint NOT NULL,
        currency       text   NOT NULL,
        transaction_id text,
        last4          text,
        error          text,
        action_url     text,
        created_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sandbox_refunds (
        payment_id   text COLLATE "C" PRIMARY KEY REFERENCES sandbox_charges,
        amount_minor bigint NOT NULL,
        created_at   timestamptz NOT NULL DEFAULT now()
);
