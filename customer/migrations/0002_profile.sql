-- What customers say of themselves, and what an admin decides of them.

CREATE DOMAIN customer_tier AS text CHECK (VALUE IN ('bronze', 'silver', 'gold', 'platinum'));

ALTER TABLE customers
        ADD COLUMN tier_granted customer_tier, -- a floor, until its end
        ADD COLUMN tier_until timestamptz,
        ADD COLUMN segments text[] NOT NULL DEFAULT '{}',
        ADD COLUMN credit_limit_minor bigint CHECK (credit_limit_minor >= 0), -- of USD; NULL: no limit applies
        ADD COLUMN notifications boolean NOT NULL DEFAULT true,
        ADD COLUMN marketing boolean NOT NULL DEFAULT false,
        ADD COLUMN review_requests boolean NOT NULL DEFAULT true,
        ADD CONSTRAINT customers_tier_check CHECK ((tier_granted IS NULL) = (tier_until IS NULL));

CREATE TABLE addresses (
        customer_id text COLLATE "C" NOT NULL REFERENCES customers,
        address_id  text COLLATE "C" NOT NULL,
        type        text NOT NULL CHECK (type IN ('shipping', 'billing')),
        line1       bytea NOT NULL, -- sealed, as all that are bytea
        line2       bytea,
        city        bytea NOT NULL,
        state       bytea,
        postal_code bytea NOT NULL,
        country     bytea NOT NULL,
        contact_name  bytea,
        contact_phone bytea,
        is_default  boolean NOT NULL,
        PRIMARY KEY (customer_id, address_id)
);

CREATE UNIQUE INDEX addresses_default ON addresses (customer_id, type) WHERE is_default;

CREATE TABLE payment_methods (
        customer_id text COLLATE "C" NOT NULL REFERENCES customers,
        method_id   text COLLATE "C" NOT NULL,
        type        text NOT NULL CHECK (type IN ('credit_card', 'wallet')),
        token       bytea NOT NULL, -- sealed
        brand       text NOT NULL,
        last4       text CHECK (last4 ~ '^[0-9]{4}$'),
        is_default  boolean NOT NULL,
        PRIMARY KEY (customer_id, method_id)
);

CREATE UNIQUE INDEX payment_methods_default ON payment_methods (customer_id) WHERE is_default;
