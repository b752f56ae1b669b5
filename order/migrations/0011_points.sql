-- The points that an order uses, and earns once it is confirmed, and what its customer has then, as far as it was known when it
-- was written; one from before has none. In order_sagas.holds 4 stands for
-- points, which a process of the release before leaves to the end of their hold. Plain types, since PostgreSQL would read the
-- whole table for a CHECK.
ALTER TABLE orders
        ADD COLUMN points_used bigint NOT NULL DEFAULT 0,
        ADD COLUMN points_earned bigint NOT NULL DEFAULT 0,
        ADD COLUMN points_balance bigint;
