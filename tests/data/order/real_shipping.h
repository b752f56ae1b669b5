/* The shipping service itself, on a database of its own, without its loops and its broker. */
#pragma once

#include "pg/pool.h"
#include "shipping/v1/shipping.rpc.h"

typedef struct RealShipping {
        ShippingService *service;
        PgPool *pool;
        const char *dsn;
} RealShipping;

/* Without rates. Lives until the test ends. */
RealShipping *real_shipping_new(void);

/* Has it hear of an order, as its consumer does: the type, id and payload of an event in an outbox. */
void real_shipping_hear(RealShipping *shipping, Ctx *ctx, const char *type, const char *order_id,
                        const char *payload);
