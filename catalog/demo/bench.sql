-- 1,000 products for the benchmark, beside the demo data. May be loaded again.
INSERT INTO sellers (seller_id, name) VALUES ('BENCH-SELLER', 'Benchmark seller') ON CONFLICT DO NOTHING;

INSERT INTO categories (category_id, name) VALUES ('BENCH-CATEGORY', 'Benchmark category') ON CONFLICT DO NOTHING;

INSERT INTO products (sku, product_id, name, base_price_minor, currency, category_id, seller_id)
SELECT 'BENCH-SKU-' || lpad(n::text, 4, '0'), 'BENCH-PROD-' || lpad(n::text, 4, '0'), 'Benchmark product ' || n,
       1000 + n * 7, 'USD', 'BENCH-CATEGORY', 'BENCH-SELLER'
  FROM generate_series(1, 1000) AS n
ON CONFLICT DO NOTHING;

ANALYZE sellers, categories, products;
