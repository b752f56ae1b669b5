-- Rows of one order are only ever written together, by one statement each in one transaction: no foreign keys, whose
-- locks would cost more than the writes.

-- Words are domains and not CHECKs of their tables: PostgreSQL keeps a domain's rule ready, but reads a table's anew for
-- every statement that writes.
CREATE DOMAIN order_status AS text CHECK (VALUE IN ('PENDING_PAYMENT', 'CONFIRMED', 'PROCESSING', 'SHIPPED', 'DELIVERED',
                                                    'CANCELLED', 'PAYMENT_FAILED', 'FAILED', 'RETURNED'));
CREATE DOMAIN order_payment_status AS text CHECK (VALUE IN ('pending', 'paid', 'failed', 'refunded', 'partially_refunded'));
CREATE DOMAIN order_item_status AS text CHECK (VALUE IN ('reserved', 'confirmed', 'cancelled', 'fulfilled', 'returned'));
CREATE DOMAIN order_saga_step AS text CHECK (VALUE IN ('CLAIMED', 'PAYMENT', 'AWAIT_CUSTOMER', 'SETTLE', 'COMPENSATE', 'DONE'));
CREATE DOMAIN amount_minor AS bigint CHECK (VALUE >= 0);
CREATE DOMAIN positive AS bigint CHECK (VALUE > 0);

-- A process takes a block of numbers at a time; gaps are fine.
CREATE SEQUENCE order_number_blocks INCREMENT BY 64;

CREATE TABLE orders (
        order_id text PRIMARY KEY,
        order_number text NOT NULL UNIQUE,
        customer_id text NOT NULL,
        customer_name text NOT NULL,
        customer_email text NOT NULL,
        customer_tier text NOT NULL,
        status order_status NOT NULL,
        version positive NOT NULL,
        payment_id text NOT NULL,
        payment_method text NOT NULL,
        payment_token text NOT NULL,
        payment_status order_payment_status NOT NULL,
        payment_transaction_id text,
        payment_last4 text,
        payment_error text,
        payment_action_url text,
        refund_minor amount_minor NOT NULL DEFAULT 0,
        currency text NOT NULL,
        subtotal_minor amount_minor NOT NULL,
        discount_minor amount_minor NOT NULL,
        shipping_minor amount_minor NOT NULL,
        tax_minor amount_minor NOT NULL,
        total_minor amount_minor NOT NULL,
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
        CONSTRAINT orders_parts CHECK (discount_minor <= subtotal_minor AND refund_minor <= total_minor)
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
        quantity positive NOT NULL,
        unit_price_minor amount_minor NOT NULL,
        total_minor amount_minor NOT NULL,
        discount_minor amount_minor NOT NULL,
        status order_item_status,
        PRIMARY KEY (order_id, line),
        CONSTRAINT order_items_total CHECK (total_minor = quantity * unit_price_minor AND discount_minor <= total_minor)
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
        step order_saga_step NOT NULL,
        owner text,
        epoch positive NOT NULL,
        lease_until timestamptz,
        attempts bigint NOT NULL DEFAULT 0,
        due_at timestamptz DEFAULT now(), -- when somebody must look at it; NULL once it is done
        forget_at timestamptz, -- when a done one's answer may go; NULL when it has none any more
        last_error text,
        answer bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

CREATE UNIQUE INDEX order_sagas_key ON order_sagas (customer_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- Without the step, which changes at every move: moves that leave due_at alone stay on their page.
CREATE INDEX order_sagas_due ON order_sagas (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX order_sagas_forget ON order_sagas (forget_at) WHERE forget_at IS NOT NULL;

-- What the machine could not put right by itself.
CREATE TABLE order_manual_reviews (
        review_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        order_id text NOT NULL,
        reason text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        resolved_at timestamptz
);
