-- The prices and taxes of the demo, with which the sample of document 000 comes out to the cent. May be loaded again:
-- rules are never changed, so those of the demo are written once.
INSERT INTO price_skus (sku, product_id) VALUES
        ('SKU-ABC-001', 'PROD-67890'), ('SKU-DEF-002', 'PROD-11111'), ('SKU-SHORT-001', 'PROD-SHORT')
ON CONFLICT DO NOTHING;

DO $$
BEGIN
        IF EXISTS (SELECT FROM price_rules WHERE created_by = 'demo') THEN
                RETURN;
        END IF;

        INSERT INTO price_rules (created_by, kind, sku, product_id, currency, is_fixed, amount_minor) VALUES
                ('demo', 'BASE_PRICE', 'SKU-ABC-001', 'PROD-67890', 'USD', true, 24999),
                ('demo', 'BASE_PRICE', 'SKU-DEF-002', 'PROD-11111', 'USD', true, 15000),
                ('demo', 'BASE_PRICE', 'SKU-SHORT-001', 'PROD-SHORT', 'USD', true, 49900);

        INSERT INTO price_rules (created_by, kind, currency, to_currency, rate_ppb, source, rate_as_of) VALUES
                ('demo', 'CURRENCY_RATE', 'USD', 'EUR', 920000000, 'demo', '2024-08-12Z'),
                ('demo', 'CURRENCY_RATE', 'USD', 'VND', 25000000000000, 'demo', '2024-08-12Z'),
                ('demo', 'CURRENCY_RATE', 'EUR', 'USD', 1086956522, 'demo', '2024-08-12Z'),
                ('demo', 'CURRENCY_RATE', 'VND', 'USD', 40000, 'demo', '2024-08-12Z'),
                ('demo', 'CURRENCY_RATE', 'EUR', 'VND', 27173913043478, 'demo', '2024-08-12Z'),
                ('demo', 'CURRENCY_RATE', 'VND', 'EUR', 36800, 'demo', '2024-08-12Z');

        INSERT INTO price_rules (created_by, kind, sku, product_id, min_quantity, bp) VALUES
                ('demo', 'QUANTITY_BREAK', 'SKU-DEF-002', 'PROD-11111', 50, 500);

        -- Far above the sample's 649.98.
        INSERT INTO price_rules (created_by, kind, name, min_subtotal_minor, currency, bp) VALUES
                ('demo', 'BULK_DISCOUNT', 'From 5,000 dollars', 500000, 'USD', 200);

        INSERT INTO price_rules (created_by, kind, country, state, tax_class, tax_ppm, taxes_shipping) VALUES
                ('demo', 'TAX_RATE', 'US', 'CA', 'standard', 82030, false),
                ('demo', 'TAX_RATE', 'US', 'NY', 'standard', 40000, false),
                ('demo', 'TAX_RATE', 'US', 'OR', 'standard', 0, false),
                ('demo', 'TAX_RATE', 'DE', '', 'standard', 190000, true),
                ('demo', 'TAX_RATE', 'DE', '', 'reduced', 70000, true),
                ('demo', 'TAX_RATE', 'DE', '', 'books', 70000, true),
                ('demo', 'TAX_RATE', 'FR', '', 'standard', 200000, true),
                ('demo', 'TAX_RATE', 'FR', '', 'reduced', 100000, true),
                ('demo', 'TAX_RATE', 'FR', '', 'books', 55000, true),
                ('demo', 'TAX_RATE', 'GB', '', 'standard', 200000, true),
                ('demo', 'TAX_RATE', 'GB', '', 'reduced', 50000, true),
                ('demo', 'TAX_RATE', 'GB', '', 'books', 0, false),
                ('demo', 'TAX_RATE', 'VN', '', 'standard', 100000, true),
                ('demo', 'TAX_RATE', 'VN', '', 'reduced', 50000, true),
                ('demo', 'TAX_RATE', 'VN', '', 'books', 0, false);
END
$$;
