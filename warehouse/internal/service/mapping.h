/* Messages of the warehouse and what they mean to the business, one function per message. */
#pragma once

#include "biz/inventory/inventory.h"
#include "warehouse/v1/warehouse.rpc.h"

/* Texts are borrowed from the message. */
StockLine *warehouse_lines_from_message(Arena *arena, WarehouseV1StockLine *const *messages, size_t n_lines);

WarehouseV1Reservation *warehouse_reservation_to_message(Arena *arena, const Reservation *reservation);

WarehouseV1ReservationStatus *warehouse_statuses_to_message(Arena *arena, const ReservationStatus *statuses,
                                                            size_t n_statuses);

WarehouseV1Stock *warehouse_stock_to_message(Arena *arena, const Stock *stock);
