-- The zones, rates and transit times of the demo, with which the sample of document 000 comes out to the cent. May be
-- loaded again: rules are never changed, so those of the demo are written once.
DO $$
BEGIN
        IF EXISTS (SELECT FROM shipping_rules WHERE created_by = 'demo') THEN
                RETURN;
        END IF;

        INSERT INTO shipping_rules (created_by, kind, country, zone) VALUES
                ('demo', 'ZONE', 'US', 'US'), ('demo', 'ZONE', 'DE', 'EU'), ('demo', 'ZONE', 'VN', 'VN');

        INSERT INTO shipping_rules (created_by, kind, country, state, zone) VALUES
                ('demo', 'ZONE', 'US', 'AK', 'US-FAR'), ('demo', 'ZONE', 'US', 'HI', 'US-FAR');

        INSERT INTO shipping_rules (created_by, kind, warehouse_id, zone) VALUES
                ('demo', 'WAREHOUSE', 'US-WEST-01', 'US'), ('demo', 'WAREHOUSE', 'US-EAST-01', 'US'),
                ('demo', 'WAREHOUSE', 'EU-CENTRAL-01', 'EU'), ('demo', 'WAREHOUSE', 'VN-SOUTH-01', 'VN');

        INSERT INTO shipping_rules (created_by, kind, zone, method, currency, amount_minor, is_taxable) VALUES
                ('demo', 'RATE', 'US', 'standard', 'USD', 1599, true),
                ('demo', 'RATE', 'US', 'express', 'USD', 2999, true),
                ('demo', 'RATE', 'US', 'overnight', 'USD', 4999, true),
                ('demo', 'RATE', 'US-FAR', 'standard', 'USD', 1599, true),
                ('demo', 'RATE', 'US-FAR', 'express', 'USD', 2999, true),
                ('demo', 'RATE', 'US-FAR', 'overnight', 'USD', 4999, true),
                ('demo', 'RATE', 'EU', 'standard', 'EUR', 690, true),
                ('demo', 'RATE', 'EU', 'express', 'EUR', 1490, true),
                ('demo', 'RATE', 'VN', 'standard', 'VND', 35000, true);

        -- Heavier parcels than any of the sample; and what a tier has for nothing, which the sample's customer has not.
        INSERT INTO shipping_rules (created_by, kind, zone, method, currency, above_grams, amount_minor, step_grams,
                                    step_minor, is_taxable) VALUES
                ('demo', 'RATE', 'US', 'standard', 'USD', 70000, 1599, 1000, 90, true),
                ('demo', 'RATE', 'US', 'express', 'USD', 70000, 2999, 1000, 180, true),
                ('demo', 'RATE', 'EU', 'standard', 'EUR', 70000, 690, 1000, 60, true),
                ('demo', 'RATE', 'EU', 'express', 'EUR', 70000, 1490, 1000, 120, true),
                ('demo', 'RATE', 'VN', 'standard', 'VND', 70000, 35000, 1000, 4000, true);

        INSERT INTO shipping_rules (created_by, kind, zone, method, currency, tier, max_grams, is_taxable) VALUES
                ('demo', 'RATE', 'US', 'standard', 'USD', 'platinum', 70000, true),
                ('demo', 'RATE', 'EU', 'standard', 'EUR', 'platinum', 70000, true);

        INSERT INTO shipping_rules (created_by, kind, zone, from_zone, method, days) VALUES
                ('demo', 'TRANSIT', 'US', 'US', 'standard', 5), ('demo', 'TRANSIT', 'US', '', 'standard', 10),
                ('demo', 'TRANSIT', 'US', 'US', 'express', 2), ('demo', 'TRANSIT', 'US', '', 'express', 5),
                ('demo', 'TRANSIT', 'US', '', 'overnight', 1),
                ('demo', 'TRANSIT', 'US-FAR', '', 'standard', 12), ('demo', 'TRANSIT', 'US-FAR', '', 'express', 5),
                ('demo', 'TRANSIT', 'US-FAR', '', 'overnight', 2),
                ('demo', 'TRANSIT', 'EU', 'EU', 'standard', 4), ('demo', 'TRANSIT', 'EU', '', 'standard', 9),
                ('demo', 'TRANSIT', 'EU', 'EU', 'express', 2), ('demo', 'TRANSIT', 'EU', '', 'express', 5),
                ('demo', 'TRANSIT', 'VN', 'VN', 'standard', 3), ('demo', 'TRANSIT', 'VN', '', 'standard', 8);
END
$$;
