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

/*
 * In waves: an event goes out once the stream has the one before it of its aggregate, so the stream has each
 * aggregate in order, and every event can say where its predecessor is.
 */
static const Error *publish(RelayPublisher *publisher, Ctx *ctx, RelayEvent *events, size_t n) {
        RelayEvent **wave = ARENA_ARRAY(ctx->arena, RelayEvent *, n);
        size_t n_wave;

        while ((n_wave = relay_choose(events, n, wave)) > 0)
                TRY(publisher->publish(publisher, ctx, wave, n_wave));
        return NULL;
}

/* When the bus fails in the middle of a batch, what it did store is marked all the same. */
const Error *relay_drain_once(RelayStore *store, RelayPublisher *publisher, Ctx *ctx,
                              RelayProgress *ret_progress) {
        RelayEvent *events;
        size_t n;

        *ret_progress = (RelayProgress) { 0 };
        TRY(store->read(store, ctx, &events, &n, &ret_progress->is_full));
        if (n == 0)
                return NULL;
        TRY(fault_point(ctx, "relay.before_publish"));
        const Error *bus_error = publish(publisher, ctx, events, n);
        TRY(fault_point(ctx, "relay.after_publish"));
        TRY(settle(store, ctx, events, n, ret_progress));
        return bus_error;
}
