-- What may be held for an order, as a set of bits: 1 stock, 2 uses of promotions. Whoever gives back or settles asks only the
-- services that it names. What a process of the release before still writes holds stock alone.
ALTER TABLE order_sagas ADD COLUMN holds smallint NOT NULL DEFAULT 1;
