-- A payment's token is kept until the payment is settled, and no longer.
UPDATE orders SET payment_token = '' WHERE status <> 'PENDING_PAYMENT' AND payment_token <> '';
