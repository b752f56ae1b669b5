-- What the shipping of an order was quoted with, so that it can be computed again: the version and time of the rates, the part
-- of the cost that is taxable, and what a piece weighs and measures. An order from before has none of it; all of its shipping
-- is taxable. Plain types, since PostgreSQL would rewrite or read the whole tables for a domain's rule or a CHECK.
ALTER TABLE orders
        ADD COLUMN shipping_taxable_minor bigint, -- NULL: all of it
        ADD COLUMN shipping_rates_version bigint NOT NULL DEFAULT 0,
        ADD COLUMN shipping_rates_at timestamptz;
ALTER TABLE order_items
        ADD COLUMN weight_grams bigint NOT NULL DEFAULT 0,
        ADD COLUMN length_mm bigint NOT NULL DEFAULT 0,
        ADD COLUMN width_mm bigint NOT NULL DEFAULT 0,
        ADD COLUMN height_mm bigint NOT NULL DEFAULT 0;

-- An order that is to be cancelled once shipping has said that nothing of it was shipped: its saga stands at CANCEL, which a
-- process of the release before never takes over, and goes back to where it stood when something was.
ALTER TABLE order_sagas
        ADD COLUMN back_to text,
        ADD COLUMN cancel_reason text;
ALTER DOMAIN order_saga_step DROP CONSTRAINT order_saga_step_check;
ALTER DOMAIN order_saga_step ADD CONSTRAINT order_saga_step_check
        CHECK (VALUE IN ('CLAIMED', 'PAYMENT', 'AWAIT_CUSTOMER', 'SETTLE', 'CANCEL', 'COMPENSATE', 'DONE')) NOT VALID;

-- demo_customers, demo_tiers and demo_shipping_rates are read by processes of the release before alone, as the other tables
-- demo_* are. The next release drops all of them.
