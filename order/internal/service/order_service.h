/* OrderService on top of the use case. */
#pragma once

#include "biz/order/usecase.h"
#include "order/v1/order.rpc.h"

/* Lives in arena; orders outlives it. */
OrderService *order_service_new(Arena *arena, OrderUsecase *orders);

/* OrderUsecase.snapshot: the packed PlaceOrderResponse. */
Bytes order_service_snapshot(Ctx *ctx, const Order *order);
