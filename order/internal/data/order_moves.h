/* A move of an order as it is written: its line in the history, and its event. */
#pragma once

#include "biz/order/order.h"
#include "pg/batch.h"

/*
 * Adds both to the batch, of an order that stands where it has moved to.
 *
 * from       ORDER_ANY_STATUS at creation
 * reason     NULL: none
 * machine    who moves it when no person does: "order-service"
 * trace      that the event goes on with; NULL: that of the batch's context
 */
void order_moves_add(PgBatch *batch, const Order *order, OrderStatus from, const char *reason,
                     const char *machine, const Trace *trace);
