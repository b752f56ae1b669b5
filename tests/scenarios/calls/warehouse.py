"""Every RPC of the warehouse service, called."""

from grpc_calls import SUBJECTS, call, refuses
from millrace import equal, new_key

SKU, STORE = "SKU-DEF-002", "US-WEST-01"
LINE = {"product_id": "PROD-11111", "sku": SKU, "warehouse_id": STORE, "quantity": 1}
UNSPECIFIED, HELD, SOLD, GIVEN_BACK = 0, 1, 2, 3


def reserve(m, role="service", **line):
    """Holds one line for an order of its own, and returns the order's id."""
    order_id = f"ORD-{new_key()}"
    held = call(m, role, "warehouse.v1.WarehouseService/ReserveStock", order_id=order_id,
                items=[{**LINE, **line}]).reservation
    equal((held.order_id, held.status, len(held.items)), (order_id, HELD, 1))
    return order_id


def warehouse_v1_WarehouseService_ReserveStock(m):
    path = "warehouse.v1.WarehouseService/ReserveStock"
    order_id = reserve(m)
    reserve(m, "admin")
    refuses("FAILED_PRECONDITION", "PRODUCT_OUT_OF_STOCK", m, "service", path, order_id="ORD-1",
            items=[{**LINE, "product_id": "PROD-SHORT", "sku": "SKU-SHORT-001", "quantity": 2}])
    refuses("FAILED_PRECONDITION", "HOLD_MISMATCH", m, "service", path, order_id=order_id,
            items=[{**LINE, "quantity": 2}])


def warehouse_v1_WarehouseService_ConfirmReservation(m):
    path, order_id = "warehouse.v1.WarehouseService/ConfirmReservation", reserve(m)
    for _ in range(2):
        equal(list(call(m, "service", path, order_ids=[order_id, "ORD-NONE"]).statuses), [SOLD, UNSPECIFIED])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def warehouse_v1_WarehouseService_ReleaseReservation(m):
    path, order_id = "warehouse.v1.WarehouseService/ReleaseReservation", reserve(m)
    for _ in range(2):
        equal(list(call(m, "service", path, order_ids=[order_id], reason="test").statuses), [GIVEN_BACK])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def warehouse_v1_WarehouseService_ExtendReservation(m):
    path, order_id = "warehouse.v1.WarehouseService/ExtendReservation", reserve(m)
    equal(call(m, "service", path, order_id=order_id).reservation.status, HELD)
    refuses("NOT_FOUND", "HOLD_NOT_FOUND", m, "service", path, order_id="ORD-NONE")
    call(m, "service", "warehouse.v1.WarehouseService/ReleaseReservation", order_ids=[order_id])
    refuses("FAILED_PRECONDITION", "HOLD_CLOSED", m, "service", path, order_id=order_id)


def warehouse_v1_WarehouseService_AdjustStock(m):
    path, key = "warehouse.v1.WarehouseService/AdjustStock", new_key()
    change = {"sku": SKU, "warehouse_id": STORE, "quantity": 5, "reason": "delivery"}
    before = m.available(SKU)
    equal(call(m, "admin", path, key, **change).stock.available, before + 5)
    call(m, "admin", path, key, **change)
    equal(m.available(SKU), before + 5, "once per key")
    refuses("FAILED_PRECONDITION", "STOCK_BELOW_RESERVED", m, "admin", path,
            **{**change, "quantity": -1000000})
    refuses("NOT_FOUND", "SKU_NOT_FOUND", m, "admin", path, **{**change, "sku": "SKU-NONE", "quantity": -1})


def warehouse_v1_WarehouseService_GetStock(m):
    path = "warehouse.v1.WarehouseService/GetStock"
    for role in SUBJECTS:
        answer = call(m, role, path, sku=SKU, warehouse_id=STORE)
        equal((answer.sku, [stock.available for stock in answer.items]), (SKU, [m.available(SKU)]), role)
    refuses("NOT_FOUND", "SKU_NOT_FOUND", m, "customer", path, sku="SKU-NONE")
