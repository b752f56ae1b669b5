-- 1,000 SKUs and 10,000 customers for the benchmark, beside the demo data. May be loaded again. The SKUs are for processes of
-- the release before: they are read no more.
INSERT INTO demo_products (sku, product_id, name, unit_price_minor, currency)
SELECT 'BENCH-SKU-' || lpad(n::text, 4, '0'), 'BENCH-PROD-' || lpad(n::text, 4, '0'), 'Benchmark product ' || n,
       1000 + n * 7, 'USD'
  FROM generate_series(1, 1000) AS n
ON CONFLICT DO NOTHING;

INSERT INTO demo_customers (customer_id, name, email, tier)
SELECT 'BENCH-' || lpad(n::text, 5, '0'), 'Benchmark customer ' || n, 'bench-' || n || '@example.com',
       (ARRAY['bronze', 'silver', 'gold', 'platinum'])[1 + n % 4]
  FROM generate_series(1, 10000) AS n
ON CONFLICT DO NOTHING;

ANALYZE demo_products, demo_customers;
