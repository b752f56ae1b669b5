-- Payments, one row per payment id, from before the provider is asked until the money is given back.
-- No token and no card number is kept here: retries bring the token again.

-- A domain's rule is kept ready; a table's CHECK is read anew by every statement that writes.
CREATE DOMAIN payment_status AS text
        CHECK (VALUE IN ('PENDING', 'COMPLETED', 'FAILED', 'REQUIRES_ACTION', 'ON_DELIVERY', 'REFUNDED'));

CREATE TABLE payments (
        payment_id     text COLLATE "C" PRIMARY KEY,
        order_id       text   NOT NULL, -- '' of a payment that was refunded before it was ever asked for
        customer_id    text   NOT NULL,
        amount_minor   bigint NOT NULL CHECK (amount_minor >= 0),
        currency       text   NOT NULL,
        method         text   NOT NULL,
        status         payment_status NOT NULL,
        refunded_minor bigint NOT NULL DEFAULT 0,
        transaction_id text,
        last4          text   CHECK (length(last4) = 4),
        error          text,
        action_url     text,
        refund_reason  text,
        created_at     timestamptz NOT NULL DEFAULT now(),
        updated_at     timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT payments_refunded_check CHECK (refunded_minor >= 0 AND refunded_minor <= amount_minor),
        CONSTRAINT payments_completed_check CHECK (status <> 'COMPLETED' OR transaction_id IS NOT NULL),
        CONSTRAINT payments_failed_check CHECK (status <> 'FAILED' OR error IS NOT NULL)
) WITH (fillfactor = 70); -- every row is updated once, soon

CREATE INDEX payments_by_order ON payments (order_id);
