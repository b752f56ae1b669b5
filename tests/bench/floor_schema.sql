DROP TABLE IF EXISTS floor_orders, floor_items, floor_outbox;
CREATE TABLE floor_orders (order_id bigint PRIMARY KEY, customer_id text, status text, total_minor bigint, data text, created_at timestamptz DEFAULT now());
CREATE TABLE floor_items (order_id bigint, line int, sku text, quantity bigint, unit_minor bigint, PRIMARY KEY (order_id, line));
CREATE TABLE floor_outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid, aggregate_id bigint, event_type text, payload text, created_at timestamptz DEFAULT now(), processed_at timestamptz);
