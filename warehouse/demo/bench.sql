-- The stock of the benchmark: 1,000 SKUs that never run short; loading it again changes nothing.
WITH received AS (
        INSERT INTO stock (sku, warehouse_id, product_id, on_hand)
        SELECT 'BENCH-SKU-' || lpad(n::text, 4, '0'), 'US-WEST-01', 'BENCH-PROD-' || lpad(n::text, 4, '0'), 1000000
          FROM generate_series(1, 1000) AS n
        ON CONFLICT (sku, warehouse_id) DO NOTHING
        RETURNING sku, warehouse_id, on_hand
)
INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, reason, actor)
SELECT sku, warehouse_id, 'received', on_hand, on_hand, 'benchmark', 'benchmark' FROM received;

ANALYZE stock;
