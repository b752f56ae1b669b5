/* OrderService on top of the use case. */
#pragma once

#include "biz/order/usecase.h"
#include "order/v1/order.rpc.h"

typedef struct OrderHandlers {
        OrderService base;
        OrderUsecase *orders;
} OrderHandlers;

/* orders must outlive it. */
void order_service_init(OrderHandlers *handlers, OrderUsecase *orders);

/* OrderUsecase.snapshot: the packed PlaceOrderResponse. */
Bytes order_service_snapshot(Ctx *ctx, const Order *order);
