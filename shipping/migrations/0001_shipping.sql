-- The rules of zones, rates and transit times, append-only: a rule is replaced by a newer one with its key, or ended by a
-- row of the kind ENDING. One table for all kinds, since they have one order: a rule's number is the version of the rates
-- from then on.

-- The newest number. Whoever writes a rule holds this row until its commit, so numbers are committed in their order.
CREATE TABLE shipping_version (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        version bigint NOT NULL
);

INSERT INTO shipping_version (version) VALUES (0);

-- The next number, for rules that are written by hand.
CREATE FUNCTION next_shipping_version() RETURNS bigint LANGUAGE sql AS
        'UPDATE shipping_version SET version = version + 1 RETURNING version';

CREATE DOMAIN shipping_rule_kind AS text CHECK (VALUE IN ('ZONE', 'WAREHOUSE', 'RATE', 'TRANSIT', 'ENDING'));

CREATE TABLE shipping_rules (
        rule_id      bigint PRIMARY KEY DEFAULT next_shipping_version(),
        kind         shipping_rule_kind NOT NULL,
        country      text    NOT NULL DEFAULT '',
        state        text    NOT NULL DEFAULT '', -- '': the whole country
        zone         text    NOT NULL DEFAULT '', -- of rates and transit times: where parcels go
        warehouse_id text    NOT NULL DEFAULT '',
        from_zone    text    NOT NULL DEFAULT '', -- '': from any warehouse
        method       text    NOT NULL DEFAULT '' CHECK (method IN ('', 'standard', 'express', 'overnight')),
        currency     text    NOT NULL DEFAULT '',
        tier         text    NOT NULL DEFAULT '', -- '': for all customers
        above_grams  bigint  NOT NULL DEFAULT 0 CHECK (above_grams >= 0),
        max_grams    bigint  NOT NULL DEFAULT 0, -- 0: none is too heavy
        amount_minor bigint  NOT NULL DEFAULT 0 CHECK (amount_minor >= 0),
        step_grams   bigint  NOT NULL DEFAULT 0 CHECK (step_grams >= 0),
        step_minor   bigint  NOT NULL DEFAULT 0 CHECK (step_minor >= 0),
        is_taxable   boolean NOT NULL DEFAULT false,
        days         bigint  NOT NULL DEFAULT 0 CHECK (days BETWEEN 0 AND 90),
        ends         bigint UNIQUE REFERENCES shipping_rules,
        valid_from   timestamptz, -- NULL: at once
        valid_to     timestamptz, -- NULL: it stays
        created_by   text    NOT NULL,
        created_at   timestamptz NOT NULL DEFAULT now(),
        -- Of valid rules with one key the newest counts.
        rule_key     text[]  NOT NULL GENERATED ALWAYS AS (
                CASE kind
                        WHEN 'ZONE' THEN ARRAY[country, state]
                        WHEN 'WAREHOUSE' THEN ARRAY[warehouse_id]
                        WHEN 'RATE' THEN ARRAY[zone, from_zone, method, currency, tier, above_grams::text]
                        WHEN 'TRANSIT' THEN ARRAY[zone, from_zone, method]
                        ELSE ARRAY[ends::text]
                END) STORED,
        CONSTRAINT shipping_rules_times_check CHECK (valid_from < valid_to),
        CONSTRAINT shipping_rules_ending_check CHECK ((kind = 'ENDING') = (ends IS NOT NULL)),
        CONSTRAINT shipping_rules_zone_check CHECK (kind = 'ENDING' OR zone <> ''),
        CONSTRAINT shipping_rules_country_check CHECK (kind <> 'ZONE' OR country ~ '^[A-Z]{2}$'),
        CONSTRAINT shipping_rules_warehouse_check CHECK (kind <> 'WAREHOUSE' OR warehouse_id <> ''),
        CONSTRAINT shipping_rules_way_check CHECK (kind NOT IN ('RATE', 'TRANSIT') OR method <> ''),
        CONSTRAINT shipping_rules_rate_check CHECK (
                kind <> 'RATE'
                OR (currency ~ '^[A-Z]{3}$' AND (max_grams = 0 OR max_grams > above_grams)
                    AND (step_grams = 0) = (step_minor = 0)))
);

-- What replaces a rule; the rules of a zone, the newest first.
CREATE INDEX shipping_rules_by_key ON shipping_rules (kind, rule_key, rule_id);
CREATE INDEX shipping_rules_by_zone ON shipping_rules (zone, rule_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
        RAISE EXCEPTION 'Rules of shipping are not changed: write a newer one, or an ending';
END
$$;

CREATE TRIGGER shipping_rules_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON shipping_rules
        EXECUTE FUNCTION refuse_change();

CREATE DOMAIN fulfilment_status AS text CHECK (VALUE IN ('OPEN', 'CANCELLED'));
CREATE DOMAIN shipment_status AS text CHECK (VALUE IN ('CREATED', 'SHIPPED', 'DELIVERED', 'CANCELLED'));

-- One row per order: whoever ships or cancels locks it first. CANCELLED without shipments is the tombstone of an order
-- that was cancelled before they were made.
CREATE TABLE fulfilments (
        order_id    text COLLATE "C" PRIMARY KEY,
        customer_id text NOT NULL DEFAULT '', -- '' of a tombstone, as what follows
        method      text NOT NULL DEFAULT '', -- '' of an order that does not say it, as the next
        estimated_delivery text NOT NULL DEFAULT '',
        street      text NOT NULL DEFAULT '',
        city        text NOT NULL DEFAULT '',
        state       text NOT NULL DEFAULT '',
        zip_code    text NOT NULL DEFAULT '',
        country     text NOT NULL DEFAULT '',
        status      fulfilment_status NOT NULL,
        version     bigint NOT NULL DEFAULT 0 CHECK (version >= 0), -- of its events
        n_shipments bigint NOT NULL DEFAULT 0,
        n_shipped   bigint NOT NULL DEFAULT 0, -- those that were delivered among them
        created_at  timestamptz NOT NULL DEFAULT now(),
        updated_at  timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT fulfilments_shipped_check CHECK (n_shipped BETWEEN 0 AND n_shipments),
        CONSTRAINT fulfilments_cancelled_check CHECK (status = 'OPEN' OR n_shipped = 0)
) WITH (fillfactor = 80);

-- What the sweep of tombstones walks.
CREATE INDEX fulfilments_tombstones ON fulfilments (created_at) WHERE n_shipments = 0;

CREATE TABLE shipments (
        shipment_id     text COLLATE "C" PRIMARY KEY,
        order_id        text COLLATE "C" NOT NULL REFERENCES fulfilments,
        number          bigint NOT NULL, -- 1, 2, 3 ... of the order
        seller_id       text COLLATE "C" NOT NULL, -- '' of an order that does not say it
        warehouse_id    text NOT NULL,
        status          shipment_status NOT NULL,
        carrier         text NOT NULL DEFAULT '',
        tracking_number text NOT NULL DEFAULT '',
        version         bigint NOT NULL CHECK (version > 0),
        created_at      timestamptz NOT NULL DEFAULT now(),
        shipped_at      timestamptz,
        delivered_at    timestamptz,
        CONSTRAINT shipments_once UNIQUE (order_id, seller_id, warehouse_id),
        CONSTRAINT shipments_shipped_check CHECK (
                (status IN ('SHIPPED', 'DELIVERED')) = (shipped_at IS NOT NULL AND tracking_number <> '')),
        CONSTRAINT shipments_delivered_check CHECK ((status = 'DELIVERED') = (delivered_at IS NOT NULL))
) WITH (fillfactor = 80);

CREATE INDEX shipments_by_age ON shipments (created_at DESC, shipment_id DESC);
CREATE INDEX shipments_by_seller ON shipments (seller_id, created_at DESC, shipment_id DESC);

-- Only ever written with their shipment, in one transaction: a foreign key would cost more than the items.
CREATE TABLE shipment_items (
        shipment_id text COLLATE "C" NOT NULL,
        line        bigint NOT NULL,
        product_id  text NOT NULL,
        sku         text NOT NULL,
        name        text NOT NULL,
        quantity    bigint NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (shipment_id, line)
);

-- Every change of a shipment, and who made it.
CREATE TABLE shipment_history (
        shipment_id     text COLLATE "C" NOT NULL,
        version         bigint NOT NULL,
        status          shipment_status NOT NULL,
        carrier         text NOT NULL DEFAULT '',
        tracking_number text NOT NULL DEFAULT '',
        reason          text NOT NULL DEFAULT '',
        actor           text NOT NULL,
        changed_at      timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (shipment_id, version)
);
