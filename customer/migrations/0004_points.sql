-- Loyalty points: what orders earned, hold and have used. A customer's row in point_accounts is the lock of all that is his:
-- whoever changes something of it locks that row first. Ids compare byte by byte, as cursors of lists and orders of locks do.

ALTER TABLE tier_benefits ADD COLUMN free_shipping boolean NOT NULL DEFAULT false; -- as it is shown; rates are shipping's

CREATE DOMAIN point_hold_status AS text CHECK (VALUE IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED'));
CREATE DOMAIN point_entry_kind AS text CHECK (VALUE IN ('EARNED', 'USED', 'RETURNED', 'REVOKED', 'EXPIRED'));

CREATE TABLE point_accounts (
        customer_id text COLLATE "C" PRIMARY KEY,
        remaining   bigint NOT NULL DEFAULT 0 CHECK (remaining >= 0), -- the sum of his lots
        debt        bigint NOT NULL DEFAULT 0 CHECK (debt >= 0) -- taken back after they were used; what comes next pays it
) WITH (fillfactor = 50); -- every order rewrites its row

-- What one order earned, and how much of it is neither held nor used, expired or taken back.
CREATE TABLE point_lots (
        order_id    text COLLATE "C" PRIMARY KEY,
        customer_id text COLLATE "C" NOT NULL, -- '' of an order whose points were taken back before it had any
        earned      bigint NOT NULL CHECK (earned >= 0),
        remaining   bigint NOT NULL,
        expired     bigint NOT NULL DEFAULT 0 CHECK (expired >= 0),
        expires_at  timestamptz NOT NULL,
        revoked_at  timestamptz,
        created_at  timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT point_lots_remaining CHECK (remaining >= 0 AND remaining + expired <= earned),
        CONSTRAINT point_lots_earned    CHECK (earned > 0 OR revoked_at IS NOT NULL)
) WITH (fillfactor = 80);

-- What holding takes, the oldest first; and what the sweep of lots and that of tombstones walk.
CREATE INDEX point_lots_of_customer ON point_lots (customer_id, expires_at, order_id) WHERE remaining > 0;
CREATE INDEX point_lots_by_expiry ON point_lots (expires_at) WHERE remaining > 0;
CREATE INDEX point_lots_tombstones ON point_lots (revoked_at) WHERE earned = 0;

CREATE TABLE point_holds (
        order_id      text COLLATE "C" PRIMARY KEY,
        customer_id   text COLLATE "C" NOT NULL, -- '' of an order that was given back before its hold came
        points        bigint NOT NULL CHECK (points >= 0),
        status        point_hold_status NOT NULL,
        expires_at    timestamptz NOT NULL,
        claimed_until timestamptz NOT NULL DEFAULT '-infinity', -- a sweeper is asking about it until then
        created_at    timestamptz NOT NULL DEFAULT now(),
        updated_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

CREATE INDEX point_holds_by_expiry ON point_holds (expires_at) WHERE status = 'HELD';
CREATE INDEX point_holds_closed ON point_holds (updated_at) WHERE status IN ('RELEASED', 'EXPIRED');

-- Of which lots a hold is. Only ever written with it, in one statement: a foreign key would cost more than the lines.
CREATE TABLE point_hold_lots (
        order_id text COLLATE "C" NOT NULL,
        lot_id   text COLLATE "C" NOT NULL, -- the order that earned them
        points   bigint NOT NULL CHECK (points > 0),
        PRIMARY KEY (order_id, lot_id)
);

-- The ledger: what changed a customer's points for good, append only. What is held is not in it.
CREATE TABLE point_entries (
        entry_id    text COLLATE "C" PRIMARY KEY DEFAULT 'PTS-' || gen_random_uuid(),
        customer_id text COLLATE "C" NOT NULL,
        order_id    text COLLATE "C" NOT NULL,
        kind        point_entry_kind NOT NULL,
        points      bigint NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT point_entries_points CHECK (CASE WHEN kind IN ('EARNED', 'RETURNED') THEN points > 0 ELSE points < 0 END)
);

CREATE INDEX point_entries_of_customer ON point_entries (customer_id, created_at, entry_id);
-- Each order moves so once; its lot alone may expire in parts.
CREATE UNIQUE INDEX point_entries_once ON point_entries (order_id, kind) WHERE kind <> 'EXPIRED';

-- What a customer has to use, less what he owes; lots whose time is over do not count, whether or not they were swept.
CREATE FUNCTION points_of(customer text) RETURNS bigint LANGUAGE sql STABLE AS $$
        SELECT coalesce((SELECT a.remaining - a.debt FROM point_accounts a WHERE a.customer_id = customer), 0)
             - coalesce((SELECT sum(l.remaining) FROM point_lots l
                          WHERE l.customer_id = customer AND l.remaining > 0 AND l.expires_at <= now()), 0)::bigint
$$;
