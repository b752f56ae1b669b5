-- Stock, the holds of orders on it, and the ledger of every move.
-- Ids compare byte by byte, so that the order of locks is the same wherever it is made.

-- A domain's rule is kept ready; a table's CHECK is read anew by every statement that writes.
CREATE DOMAIN reservation_status AS text CHECK (VALUE IN ('ACTIVE', 'CONFIRMED', 'RELEASED', 'EXPIRED'));
CREATE DOMAIN ledger_kind AS text
        CHECK (VALUE IN ('received', 'reserved', 'released', 'sold', 'returned', 'adjusted'));

CREATE TABLE stock (
        sku                 text COLLATE "C" NOT NULL,
        warehouse_id        text COLLATE "C" NOT NULL,
        product_id          text   NOT NULL DEFAULT '',
        on_hand             bigint NOT NULL DEFAULT 0,
        reserved            bigint NOT NULL DEFAULT 0,
        low_stock_threshold bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (sku, warehouse_id),
        CONSTRAINT stock_on_hand_check  CHECK (on_hand >= 0),
        CONSTRAINT stock_reserved_check CHECK (reserved >= 0 AND reserved <= on_hand)
) WITH (fillfactor = 30); -- every hold rewrites its row: room for the new version beside the old one

CREATE TABLE reservations (
        reservation_id text COLLATE "C" PRIMARY KEY,
        order_id       text COLLATE "C" NOT NULL CONSTRAINT reservations_one_per_order UNIQUE,
        status         reservation_status NOT NULL,
        expires_at     timestamptz NOT NULL,
        claimed_until  timestamptz NOT NULL DEFAULT '-infinity', -- a sweeper is asking about it until then
        created_at     timestamptz NOT NULL DEFAULT now(),
        updated_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

CREATE INDEX reservations_active_by_expiry ON reservations (expires_at) WHERE status = 'ACTIVE';

-- Only ever written with their reservation, in one statement: a foreign key would cost more than the lines.
CREATE TABLE reservation_lines (
        reservation_id text COLLATE "C" NOT NULL,
        line           bigint NOT NULL,
        sku            text COLLATE "C" NOT NULL,
        warehouse_id   text COLLATE "C" NOT NULL,
        product_id     text   NOT NULL,
        quantity       bigint NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (reservation_id, line)
);

-- The sum of on_hand_effect over a SKU and warehouse is its stock.on_hand.
CREATE TABLE stock_ledger (
        id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        sku             text COLLATE "C" NOT NULL,
        warehouse_id    text COLLATE "C" NOT NULL,
        kind            ledger_kind NOT NULL,
        quantity        bigint NOT NULL, -- that moved; below 0 only where a correction took something away
        on_hand_effect  bigint NOT NULL,
        order_id        text,
        reason          text   NOT NULL DEFAULT '',
        actor           text   NOT NULL,
        idempotency_key text,
        created_at      timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX stock_ledger_once_per_key ON stock_ledger (actor, idempotency_key)
        WHERE idempotency_key IS NOT NULL;
