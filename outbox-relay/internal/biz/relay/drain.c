#include "base/fault.h"
#include "biz/relay/relay.h"

static const Error *settle(RelayStore *store, Ctx *ctx, const RelayEvent *events, size_t n,
                           RelayProgress *ret_progress) {
        RelaySettlement settlement = relay_judge(ctx->arena, events, n);

        if (settlement.n_stored + settlement.n_retries + settlement.n_dead == 0)
                return NULL;
        TRY(fault_point(ctx, "relay.before_mark"));
        TRY(store->settle(store, ctx, &settlement));
        ret_progress->n_published = settlement.n_stored;
        ret_progress->n_refused = settlement.n_retries + settlement.n_dead;
        ret_progress->n_dead = settlement.n_dead;
        return fault_point(ctx, "relay.after_mark");
}

/* When the bus fails in the middle of a batch, what it did store is marked all the same. */
const Error *relay_drain_once(RelayStore *store, RelayPublisher *publisher, Ctx *ctx,
                              RelayProgress *ret_progress) {
        RelayEvent *events;
        size_t n;

        *ret_progress = (RelayProgress){ 0 };
        TRY(store->read(store, ctx, &events, &n, &ret_progress->is_full));
        n = relay_choose(events, n);
        if (n == 0)
                return NULL;
        TRY(fault_point(ctx, "relay.before_publish"));
        const Error *bus_error = publisher->publish(publisher, ctx, events, n);
        TRY(fault_point(ctx, "relay.after_publish"));
        TRY(settle(store, ctx, events, n, ret_progress));
        return bus_error;
}
