-- 100,000 events of 50,000 orders, as the order service writes them, for the relay to drain.
INSERT INTO outbox (event_id, aggregate_type, aggregate_id, aggregate_version, event_type, payload, partition)
SELECT gen_random_uuid(), 'order', 'ORD-BACKLOG-' || (n / 2), 1 + n % 2,
       CASE n % 2 WHEN 0 THEN 'order.created' ELSE 'order.confirmed' END,
       '{"eventId":"","eventType":"order.created","data":{"orderId":"' || repeat('x', 800) || '"}}', (n / 2) % 16
FROM generate_series(0, 99999) n;
