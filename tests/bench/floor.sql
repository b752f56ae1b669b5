-- The floor: what one order costs PostgreSQL alone. Order, two items, outbox row, one transaction.
\set id random(1, 9000000000000000)
BEGIN;
INSERT INTO floor_orders (order_id, customer_id, status, total_minor, data) VALUES (:id, 'CUST-12345', 'CONFIRMED', 61379, repeat('x', 400));
INSERT INTO floor_items (order_id, line, sku, quantity, unit_minor) VALUES (:id, 1, 'SKU-ABC-001', 2, 24999);
INSERT INTO floor_items (order_id, line, sku, quantity, unit_minor) VALUES (:id, 2, 'SKU-DEF-002', 1, 15000);
INSERT INTO floor_outbox (event_id, aggregate_id, event_type, payload) VALUES (gen_random_uuid(), :id, 'order.created', repeat('x', 400));
COMMIT;
