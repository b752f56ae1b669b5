-- When the last shipment of an order was handed to its carrier, and when the last one arrived. Processes of the release before
-- know neither, and leave them as they are.
ALTER TABLE orders
        ADD COLUMN shipped_at timestamptz,
        ADD COLUMN delivered_at timestamptz;
