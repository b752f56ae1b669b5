"""An order's way to its customer, written as the order service writes a move: no service makes it yet."""

from millrace import wait_until

MOVE = """
    WITH before AS (SELECT order_id, status, version FROM orders WHERE order_id = '{order_id}' FOR UPDATE),
    moved AS (
            UPDATE orders o SET status = 'DELIVERED', version = o.version + 1, updated_at = now()
              FROM before b WHERE o.order_id = b.order_id AND b.status <> 'DELIVERED'
            RETURNING o.order_id, b.status AS from_status, o.version
    ), noted AS (
            INSERT INTO order_history (order_id, version, from_status, to_status, actor)
            SELECT order_id, version, from_status, 'DELIVERED', 'carrier' FROM moved
    ), event AS (
            SELECT gen_random_uuid() AS event_id, m.*, o.aggregate_type, o.partition,
                   o.payload::jsonb AS payload
              FROM moved m JOIN outbox o
                ON o.aggregate_id = m.order_id AND o.aggregate_version = m.version - 1
    )
    INSERT INTO outbox (event_id, aggregate_type, aggregate_id, aggregate_version, event_type, payload,
                        partition)
    SELECT event_id, aggregate_type, order_id, version, 'order.delivered',
           (payload || jsonb_build_object('eventId', event_id, 'eventType', 'order.delivered', 'data',
                    payload->'data' || jsonb_build_object('status', 'DELIVERED', 'version', version,
                                                          'previousStatus', from_status)))::text, partition
      FROM event"""


def deliver(m, order_id):
    """Once its saga is done; doing it again changes nothing."""
    wait_until(lambda: m.rows("order", f"SELECT step FROM order_sagas WHERE order_id = '{order_id}'")
               in ([["DONE"]], []), "the order's saga is done")
    m.execute("order", MOVE.format(order_id=order_id))
