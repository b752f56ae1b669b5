-- Rows of one order are only ever written together, by one statement each in one transaction: no foreign keys, whose
-- locks would cost more than the writes.

-- A process takes a block of numbers at a time; gaps are fine.
CREATE SEQUENCE order_number_blocks INCREMENT BY 64;

CREATE TABLE orders (
        order_id text PRIMARY KEY,
        order_number text NOT NULL UNIQUE,
        customer_id text NOT NULL,
        customer_name text NOT NULL,
        customer_email text NOT NULL,
        customer_tier text NOT NULL,
        status text NOT NULL CHECK (status IN ('PENDING_PAYMENT', 'CONFIRMED', 'PROCESSING', 'SHIPPED', 'DELIVERED',
                                               'CANCELLED', 'PAYMENT_FAILED', 'FAILED', 'RETURNED')),
        version bigint NOT NULL CHECK (version > 0),
        payment_id text NOT NULL,
        payment_method text NOT NULL,
        payment_token text NOT NULL,
        payment_status text NOT NULL CHECK (payment_status IN ('pending', 'paid', 'failed', 'refunded',
                                                               'partially_refunded')),
        payment_transaction_id text,
        payment_last4 text,
        payment_error text,
        payment_action_url text,
        refund_minor bigint NOT NULL DEFAULT 0,
        currency text NOT NULL,
        subtotal_minor bigint NOT NULL CHECK (subtotal_minor >= 0),
        discount_minor bigint NOT NULL CHECK (discount_minor BETWEEN 0 AND subtotal_minor),
        shipping_minor bigint NOT NULL CHECK (shipping_minor >= 0),
        tax_minor bigint NOT NULL CHECK (tax_minor >= 0),
        total_minor bigint NOT NULL,
        discounts jsonb NOT NULL, -- [{type, code, amountMinor}], in the order in which they were applied
        shipping_method text NOT NULL,
        shipping_warehouse text NOT NULL,
        estimated_delivery text NOT NULL,
        tracking_number text,
        shipping_address jsonb NOT NULL,
        billing_address jsonb NOT NULL,
        notes text NOT NULL,
        cancel_reason text,
        metadata jsonb NOT NULL DEFAULT '{}',
        hold_expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        confirmed_at timestamptz,
        cancelled_at timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT orders_total CHECK (subtotal_minor - discount_minor + shipping_minor + tax_minor = total_minor),
        CONSTRAINT orders_refund CHECK (refund_minor BETWEEN 0 AND total_minor)
) WITH (fillfactor = 70); -- every row is updated soon, on its page

CREATE INDEX orders_by_customer ON orders (customer_id, created_at DESC, order_id DESC);
CREATE INDEX orders_by_time ON orders (created_at DESC, order_id DESC);

-- A line's status is what its order's status implies, unless it says otherwise (a line that was returned alone).
CREATE TABLE order_items (
        order_id text NOT NULL,
        line integer NOT NULL,
        product_id text NOT NULL,
        sku text NOT NULL,
        name text NOT NULL,
        warehouse_id text NOT NULL,
        quantity bigint NOT NULL CHECK (quantity > 0),
        unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
        total_minor bigint NOT NULL,
        discount_minor bigint NOT NULL CHECK (discount_minor BETWEEN 0 AND total_minor),
        status text CHECK (status IN ('reserved', 'confirmed', 'cancelled', 'fulfilled', 'returned')),
        PRIMARY KEY (order_id, line),
        CONSTRAINT order_items_total CHECK (total_minor = quantity * unit_price_minor)
);

-- Every move of every order, append only.
CREATE TABLE order_history (
        order_id text NOT NULL,
        version bigint NOT NULL,
        from_status text,
        to_status text NOT NULL,
        reason text,
        actor text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (order_id, version)
);

-- What carries an order through its steps, whichever process is alive; also the record of its idempotency key.
CREATE TABLE order_sagas (
        order_id text PRIMARY KEY,
        customer_id text NOT NULL,
        idempotency_key text,
        request_hash bytea,
        step text NOT NULL CHECK (step IN ('CLAIMED', 'PAYMENT', 'AWAIT_CUSTOMER', 'SETTLE', 'COMPENSATE', 'DONE')),
        owner text,
        epoch bigint NOT NULL CHECK (epoch > 0),
        lease_until timestamptz,
        attempts bigint NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        last_error text,
        answer bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT order_sagas_key UNIQUE (customer_id, idempotency_key)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX order_sagas_open ON order_sagas (step, next_attempt_at) WHERE step <> 'DONE';
CREATE INDEX order_sagas_answers ON order_sagas (created_at) WHERE idempotency_key IS NOT NULL;

-- What the machine could not put right by itself.
CREATE TABLE order_manual_reviews (
        review_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        order_id text NOT NULL,
        reason text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        resolved_at timestamptz
);
