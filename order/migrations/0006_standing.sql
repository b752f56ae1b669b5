-- What a customer has unpaid, and which of his cards were declined lately: neither costs an order that is paid an entry, or
-- keeps an update on its page that was there before.
CREATE INDEX order_sagas_unsettled ON order_sagas (customer_id) WHERE due_at IS NOT NULL;
CREATE INDEX orders_declined ON orders (customer_id, created_at) WHERE payment_error IS NOT NULL;
