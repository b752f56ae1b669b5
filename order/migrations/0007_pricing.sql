-- What an order was priced with: the newest rule that pricing knew and when, how each line is taxed and who sells it. An
-- order from before has none of it; what a process of the release before still writes has the defaults. Plain types, since
-- PostgreSQL would rewrite or read the whole tables for a domain's rule or a CHECK.
ALTER TABLE orders
        ADD COLUMN rules_version bigint NOT NULL DEFAULT 0,
        ADD COLUMN rules_at timestamptz,
        ADD COLUMN degraded boolean NOT NULL DEFAULT false; -- priced without an answer of catalog or pricing
ALTER TABLE order_items
        ADD COLUMN seller_id text NOT NULL DEFAULT '',
        ADD COLUMN tax_class text NOT NULL DEFAULT '',
        ADD COLUMN tax_ppm bigint NOT NULL DEFAULT 0,
        ADD COLUMN taxes_shipping boolean NOT NULL DEFAULT false;
