#include "base/str.h"
#include "biz/inventory/inventory.h"

/* The order service confirms and releases by itself; the events are the second net, and do nothing twice. */
static ReservationMove meaning_of(const char *event_type) {
        static const struct {
                const char *event_type;
                ReservationMove move;
        } meanings[] = {
                { "order.confirmed", RESERVATION_CONFIRM },
                { "order.cancelled", RESERVATION_RELEASE },
                { "order.failed", RESERVATION_RELEASE },
                { "order.payment_failed", RESERVATION_RELEASE },
        };

        for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
                if (str_equal(event_type, meanings[i].event_type))
                        return meanings[i].move;
        }
        return RESERVATION_KEEP;
}

const Error *inventory_apply_events(InventoryUsecase *usecase, Ctx *ctx, InventoryEvent *events,
                                    size_t n_events) {
        for (size_t i = 0; i < n_events; i++)
                events[i].move = meaning_of(events[i].event_type);
        return usecase->repo->apply_events(usecase->repo, ctx, events, n_events,
                                           ctx_actor(ctx, INVENTORY_ACTOR));
}

const Error *inventory_park_event(InventoryUsecase *usecase, Ctx *ctx, const PoisonEvent *poison,
                                  EventVerdict *ret_verdict) {
        return usecase->repo->park_event(usecase->repo, ctx, poison, ret_verdict);
}
