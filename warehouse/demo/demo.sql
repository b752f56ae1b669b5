-- The stock of the demo; loading it again changes nothing.
WITH received AS (
        INSERT INTO stock (sku, warehouse_id, product_id, on_hand, low_stock_threshold)
        VALUES ('SKU-ABC-001', 'US-WEST-01', 'PROD-67890', 100000, 100),
               ('SKU-DEF-002', 'US-WEST-01', 'PROD-11111', 100000, 100),
               ('SKU-SHORT-001', 'US-WEST-01', 'PROD-SHORT', 1, 0)
        ON CONFLICT (sku, warehouse_id) DO NOTHING
        RETURNING sku, warehouse_id, on_hand
)
INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, reason, actor)
SELECT sku, warehouse_id, 'received', on_hand, on_hand, 'demo', 'demo' FROM received;
