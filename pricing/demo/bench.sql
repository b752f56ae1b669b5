-- The prices of the benchmark's 1,000 SKUs, beside the demo data, whose taxes they have. May be loaded again.
INSERT INTO price_skus (sku, product_id)
SELECT 'BENCH-SKU-' || lpad(n::text, 4, '0'), 'BENCH-PROD-' || lpad(n::text, 4, '0') FROM generate_series(1, 1000) AS n
ON CONFLICT DO NOTHING;

INSERT INTO price_rules (created_by, kind, sku, product_id, currency, is_fixed, amount_minor)
SELECT 'bench', 'BASE_PRICE', 'BENCH-SKU-' || lpad(n::text, 4, '0'), 'BENCH-PROD-' || lpad(n::text, 4, '0'), 'USD', true,
       1000 + n * 7
  FROM generate_series(1, 1000) AS n
 WHERE NOT EXISTS (SELECT FROM price_rules WHERE created_by = 'bench');

ANALYZE price_rules;
