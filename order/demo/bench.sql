-- 10,000 customers for the benchmark, beside the demo data. May be loaded again.
INSERT INTO demo_customers (customer_id, name, email, tier)
SELECT 'BENCH-' || lpad(n::text, 5, '0'), 'Benchmark customer ' || n, 'bench-' || n || '@example.com',
       (ARRAY['bronze', 'silver', 'gold', 'platinum'])[1 + n % 4]
  FROM generate_series(1, 10000) AS n
ON CONFLICT DO NOTHING;

ANALYZE demo_customers;
