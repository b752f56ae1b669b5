-- A done saga goes a day after its order was placed, whether it has an answer or not.
UPDATE order_sagas SET forget_at = created_at + interval '24 hours' WHERE step = 'DONE' AND forget_at IS NULL;
