-- What the sweep of closed reservations walks; one that is sold never has an entry here.
CREATE INDEX reservations_closed ON reservations (updated_at) WHERE status IN ('RELEASED', 'EXPIRED');
