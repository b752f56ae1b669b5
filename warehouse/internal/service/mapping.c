#include "service/mapping.h"

#include "proto/values.h"

SAME_NUMBER(RESERVATION_NONE, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_UNSPECIFIED);
SAME_NUMBER(RESERVATION_ACTIVE, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_ACTIVE);
SAME_NUMBER(RESERVATION_CONFIRMED, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_CONFIRMED);
SAME_NUMBER(RESERVATION_RELEASED, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_RELEASED);
SAME_NUMBER(RESERVATION_EXPIRED, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_EXPIRED);

StockLine *warehouse_lines_from_message(Arena *arena, WarehouseV1StockLine *const *messages, size_t n_lines) {
        StockLine *lines = ARENA_ARRAY(arena, StockLine, n_lines);

        for (size_t i = 0; i < n_lines; i++)
                lines[i] = (StockLine) {
                        .product_id = messages[i]->product_id,
                        .sku = messages[i]->sku,
                        .warehouse_id = messages[i]->warehouse_id,
                        .quantity = messages[i]->quantity,
                };
        return lines;
}

static WarehouseV1StockLine *line_to_message(Arena *arena, const StockLine *line) {
        WarehouseV1StockLine *message = warehouse_v1_stock_line_new(arena);

        message->product_id = line->product_id;
        message->sku = line->sku;
        message->warehouse_id = line->warehouse_id;
        message->quantity = line->quantity;
        return message;
}

WarehouseV1Reservation *warehouse_reservation_to_message(Arena *arena, const Reservation *reservation) {
        WarehouseV1Reservation *message = warehouse_v1_reservation_new(arena);

        message->reservation_id = reservation->reservation_id;
        message->order_id = reservation->order_id;
        message->status = (WarehouseV1ReservationStatus) reservation->status;
        message->expires_at = proto_time_to_message(arena, reservation->expires_at_us);
        message->n_items = reservation->n_lines;
        message->items = ARENA_ARRAY(arena, WarehouseV1StockLine *, reservation->n_lines);
        for (size_t i = 0; i < reservation->n_lines; i++)
                message->items[i] = line_to_message(arena, &reservation->lines[i]);
        return message;
}

WarehouseV1ReservationStatus *warehouse_statuses_to_message(Arena *arena, const ReservationStatus *statuses,
                                                            size_t n_statuses) {
        WarehouseV1ReservationStatus *messages = ARENA_ARRAY(arena, WarehouseV1ReservationStatus, n_statuses);

        for (size_t i = 0; i < n_statuses; i++)
                messages[i] = (WarehouseV1ReservationStatus) statuses[i];
        return messages;
}

WarehouseV1Stock *warehouse_stock_to_message(Arena *arena, const Stock *stock) {
        WarehouseV1Stock *message = warehouse_v1_stock_new(arena);

        message->sku = stock->sku;
        message->warehouse_id = stock->warehouse_id;
        message->on_hand = stock->on_hand;
        message->reserved = stock->reserved;
        message->available = stock->available;
        return message;
}
