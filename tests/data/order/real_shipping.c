#include "real_shipping.h"

#include <string.h>

#include "data/fulfilment_repo.h"
#include "data/rule_repo.h"
#include "events/v1/order.rpc.h"
#include "json/codec.h"
#include "pool.h"
#include "server/order_events.h"
#include "service/shipping_service.h"
#include "shipping_migrations.h"
#include "support.h"

#define MAX_AGE_MS 1800000

static void tell_nobody(ShippingNews *self) {
        (void) self;
}

static ShippingNews silence = { .tell = tell_nobody };

RealShipping *real_shipping_new(void) {
        Arena *arena = test_ctx()->arena;
        RealShipping *shipping = ARENA_NEW(arena, RealShipping);
        Tariff *tariff = ARENA_NEW(arena, Tariff);
        FulfilmentUsecase *fulfilments = ARENA_NEW(arena, FulfilmentUsecase);

        shipping->pool = test_pool("shipping", &shipping_schema, &shipping->dsn);
        *tariff = (Tariff) { shipping_rule_repo_new(arena, shipping->pool, MAX_AGE_MS), &silence };
        fulfilments->repo = shipping_fulfilment_repo_new(arena, shipping->pool);
        shipping->service = shipping_service_new(arena, tariff, fulfilments);
        return shipping;
}

static const Error *apply(PgPool *pool, Ctx *ctx, const Event *event) {
        PgBatch *batch = pg_batch_new(pool, ctx);

        TRY(shipping_order_events.apply(pool, batch, event, 1));
        return pg_batch_run(batch);
}

/* An event that was overtaken comes again. */
void real_shipping_hear(RealShipping *shipping, Ctx *ctx, const char *type, const char *order_id,
                        const char *payload) {
        Event event = { .type = type, .aggregate_id = order_id };
        ProtobufCMessage *message;
        const Error *error;

        ck_assert_ok(json_read_event(ctx->arena, &events_v1_order_event_info, payload, strlen(payload),
                                     &message));
        ck_assert_str_eq(shipping_order_events.aggregate_id_of(message), order_id);
        event.message = message;
        do
                error = apply(shipping->pool, ctx, &event);
        while (error && error->code == ERROR_ABORTED);
        ck_assert_ok(error);
}
