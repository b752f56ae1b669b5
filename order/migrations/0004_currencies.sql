-- An amount means nothing without its currency: 15.99 USD were 1,599 JPY to an order in yen. What is there was meant in
-- US dollars.
ALTER TABLE demo_shipping_rates ADD COLUMN currency text NOT NULL DEFAULT 'USD';
ALTER TABLE demo_shipping_rates ALTER COLUMN currency DROP DEFAULT;
ALTER TABLE demo_shipping_rates DROP CONSTRAINT demo_shipping_rates_pkey;
ALTER TABLE demo_shipping_rates ADD PRIMARY KEY (method, country, currency);

ALTER TABLE demo_promotions ADD COLUMN minimum_currency text; -- NULL where there is no minimum
UPDATE demo_promotions SET minimum_currency = 'USD' WHERE minimum_minor > 0;
ALTER TABLE demo_promotions ADD CONSTRAINT demo_promotions_minimum
        CHECK (minimum_minor >= 0 AND (minimum_minor > 0) = (minimum_currency IS NOT NULL));
