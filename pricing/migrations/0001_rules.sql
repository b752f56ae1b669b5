-- The rules of prices and taxes, append-only: a rule is replaced by a newer one with its key, or ended by a row of the
-- kind ENDING. One table for all kinds, since they have one order: a rule's number is the version of the rules from then
-- on.

-- The newest number. Whoever writes a rule holds this row until its commit, so numbers are committed in their order.
CREATE TABLE pricing_version (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        version bigint NOT NULL
);

INSERT INTO pricing_version (version) VALUES (0);

-- The next number, for rules that are written by hand.
CREATE FUNCTION next_pricing_version() RETURNS bigint LANGUAGE sql AS
        'UPDATE pricing_version SET version = version + 1 RETURNING version';

-- Which product a SKU belongs to: all of its rules agree about that.
CREATE TABLE price_skus (
        sku        text COLLATE "C" PRIMARY KEY,
        product_id text NOT NULL
);

-- The version of a product's prices, which its events carry.
CREATE TABLE price_products (
        product_id text COLLATE "C" PRIMARY KEY,
        version    bigint NOT NULL
);

CREATE DOMAIN price_rule_kind AS text
        CHECK (VALUE IN ('BASE_PRICE', 'CURRENCY_RATE', 'WAREHOUSE_MARKUP', 'QUANTITY_BREAK', 'PRICE_LIST',
                         'BULK_DISCOUNT', 'TAX_RATE', 'ENDING'));

CREATE DOMAIN price_currency AS text CHECK (VALUE ~ '^([A-Z]{3})?$');

CREATE TABLE price_rules (
        rule_id            bigint PRIMARY KEY DEFAULT next_pricing_version(),
        kind               price_rule_kind NOT NULL,
        sku                text COLLATE "C" NOT NULL DEFAULT '',
        product_id         text    NOT NULL DEFAULT '',
        currency           price_currency NOT NULL DEFAULT '', -- of amount and minimum; of a rate: what it leads from
        is_fixed           boolean NOT NULL DEFAULT false, -- the amount says it, else the basis points
        amount_minor       bigint  NOT NULL DEFAULT 0 CHECK (amount_minor >= 0),
        bp                 bigint  NOT NULL DEFAULT 0 CHECK (bp >= 0),
        to_currency        price_currency NOT NULL DEFAULT '',
        rate_ppb           bigint  NOT NULL DEFAULT 0, -- units of to_currency for one of currency, in parts per billion
        source             text    NOT NULL DEFAULT '',
        rate_as_of         timestamptz,
        warehouse_id       text    NOT NULL DEFAULT '',
        min_quantity       bigint  NOT NULL DEFAULT 0 CHECK (min_quantity >= 0),
        min_subtotal_minor bigint  NOT NULL DEFAULT 0 CHECK (min_subtotal_minor >= 0),
        tier               text    NOT NULL DEFAULT '',
        segment            text    NOT NULL DEFAULT '',
        country            text    NOT NULL DEFAULT '',
        state              text    NOT NULL DEFAULT '', -- '': the whole country
        tax_class          text    NOT NULL DEFAULT '',
        tax_ppm            bigint  NOT NULL DEFAULT 0 CHECK (tax_ppm BETWEEN 0 AND 1000000),
        taxes_shipping     boolean NOT NULL DEFAULT false,
        name               text    NOT NULL DEFAULT '',
        ends               bigint UNIQUE REFERENCES price_rules,
        valid_from         timestamptz, -- NULL: at once
        valid_to           timestamptz, -- NULL: it stays
        created_by         text    NOT NULL,
        created_at         timestamptz NOT NULL DEFAULT now(),
        -- Of valid rules with one key the newest counts.
        rule_key           text[]  NOT NULL GENERATED ALWAYS AS (
                CASE kind
                        WHEN 'BASE_PRICE' THEN ARRAY[sku, currency::text]
                        WHEN 'CURRENCY_RATE' THEN ARRAY[currency::text, to_currency::text]
                        WHEN 'WAREHOUSE_MARKUP' THEN ARRAY[warehouse_id]
                        WHEN 'QUANTITY_BREAK' THEN ARRAY[sku, min_quantity::text]
                        WHEN 'PRICE_LIST' THEN ARRAY[sku, tier, segment]
                        WHEN 'BULK_DISCOUNT' THEN ARRAY[name]
                        WHEN 'TAX_RATE' THEN ARRAY[country, state, tax_class]
                        ELSE ARRAY[ends::text]
                END) STORED,
        CONSTRAINT price_rules_times_check CHECK (valid_from < valid_to),
        CONSTRAINT price_rules_ending_check CHECK ((kind = 'ENDING') = (ends IS NOT NULL)),
        CONSTRAINT price_rules_sku_check CHECK (
                kind NOT IN ('BASE_PRICE', 'QUANTITY_BREAK', 'PRICE_LIST') OR (sku <> '' AND product_id <> '')),
        CONSTRAINT price_rules_fixed_check CHECK (
                kind NOT IN ('BASE_PRICE', 'QUANTITY_BREAK', 'PRICE_LIST', 'BULK_DISCOUNT')
                OR CASE WHEN is_fixed THEN currency <> '' AND bp = 0
                        ELSE amount_minor = 0 AND bp BETWEEN 1 AND 10000 END),
        CONSTRAINT price_rules_base_check CHECK (kind <> 'BASE_PRICE' OR is_fixed),
        CONSTRAINT price_rules_rate_check CHECK (
                kind <> 'CURRENCY_RATE'
                OR (currency <> '' AND to_currency <> '' AND currency <> to_currency AND source <> ''
                    AND rate_as_of IS NOT NULL AND rate_ppb BETWEEN 1 AND 1000000000000000)),
        CONSTRAINT price_rules_markup_check CHECK (
                kind <> 'WAREHOUSE_MARKUP' OR (warehouse_id <> '' AND bp <= 100000)),
        CONSTRAINT price_rules_break_check CHECK (kind <> 'QUANTITY_BREAK' OR min_quantity >= 2),
        CONSTRAINT price_rules_list_check CHECK (kind <> 'PRICE_LIST' OR (tier = '') <> (segment = '')),
        CONSTRAINT price_rules_bulk_check CHECK (
                kind <> 'BULK_DISCOUNT'
                OR (name <> '' AND (min_quantity = 0) <> (min_subtotal_minor = 0)
                    AND (currency <> '' OR min_subtotal_minor = 0))),
        CONSTRAINT price_rules_tax_check CHECK (
                kind <> 'TAX_RATE' OR (country ~ '^[A-Z]{2}$' AND tax_class <> ''))
);

-- What replaces a rule; the rules of a SKU, the newest first.
CREATE INDEX price_rules_by_key ON price_rules (kind, rule_key, rule_id);
CREATE INDEX price_rules_by_sku ON price_rules (sku, rule_id) WHERE sku <> '';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
        RAISE EXCEPTION 'Rules of prices are not changed: write a newer one, or an ending';
END
$$;

CREATE TRIGGER price_rules_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON price_rules EXECUTE FUNCTION refuse_change();
