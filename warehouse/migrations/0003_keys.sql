-- The runtime keeps the keys (idempotency_keys): of every call that takes one, and for a day.
DROP INDEX stock_ledger_once_per_key;
ALTER TABLE stock_ledger DROP COLUMN idempotency_key;
