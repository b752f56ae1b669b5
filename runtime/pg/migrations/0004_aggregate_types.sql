-- Aggregates of several types may have the same id: an order, its usage and its fulfilment. So far all were orders.
ALTER TABLE inbox ADD COLUMN aggregate_type text NOT NULL DEFAULT 'order';
ALTER TABLE inbox ALTER COLUMN aggregate_type DROP DEFAULT;
ALTER TABLE inbox DROP CONSTRAINT inbox_pkey, ADD PRIMARY KEY (consumer, aggregate_type, aggregate_id);
