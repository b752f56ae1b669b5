#include "bus/consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "bus/delivery_private.h"
#include "bus/durable_private.h"
#include "bus/early_private.h"
#include "bus/lag_private.h"
#include "bus/link_private.h"
#include "bus/subscription_private.h"

/*
 * Batches begin at least so far apart: under load many events share a batch, and one that comes alone does
 * not wait.
 */
#define BATCH_INTERVAL_MS 10

/* How long the acknowledgements of the last batch may take to leave when the consumer ends. */
#define FLUSH_TIMEOUT_MS 1000

/* The callback of nats.c only fills the ring; a thread of our own does all else, binding included. */
struct BusConsumer {
        Bus *bus;
        Arena *arena;
        BusConsumerConfig config;
        pthread_t thread;
        Monitor monitor; /* over all below */
        natsMsg **ring;  /* of max_ack_pending: the server never has more out, but for what it sends again */
        size_t first;
        size_t n_waiting;
        bool is_bound;
        bool is_stopping;
        /* of the thread alone */
        BusLink *link;
        Subscription *subscription;
        unsigned n_losses; /* of the link when the durable was last seen well */
        int64_t seen_us;   /* when it was */
        int64_t next_us;   /* when the next batch may begin */
        int64_t lag_us;    /* when the lag is looked at next */
        Metric *oldest_age;
        Metric *missed;
        char trouble[256];
};

/* Wakes the thread for the first message that it can take: the others are there when it looks. */
static bool is_worth_waking(const BusConsumer *consumer) {
        return consumer->n_waiting == 1 || consumer->n_waiting == consumer->config.batch_limit;
}

/* A full ring drops: the server sends it again after the acknowledgement's time. */
static void on_message(void *owner, natsMsg *message) {
        BusConsumer *consumer = owner;
        size_t size = (size_t) consumer->config.max_ack_pending;

        monitor_lock(&consumer->monitor);
        if (consumer->n_waiting < size) {
                consumer->ring[(consumer->first + consumer->n_waiting++) % size] = message;
                message = NULL;
                if (is_worth_waking(consumer))
                        monitor_broadcast(&consumer->monitor);
        }
        monitor_unlock(&consumer->monitor);
        natsMsg_Destroy(message);
}

/* With the lock held: waits until the next batch may begin, or is full. */
static void wait_for_more(BusConsumer *consumer) {
        while (consumer->n_waiting < consumer->config.batch_limit && !consumer->is_stopping &&
               monitor_wait(&consumer->monitor, consumer->next_us))
                ;
        consumer->next_us = clock_monotonic_us() + BATCH_INTERVAL_MS * INT64_C(1000);
}

/* Takes up to n that wait; waits for the first until until_us. */
static size_t take_messages(BusConsumer *consumer, natsMsg **messages, size_t n, int64_t until_us) {
        size_t size = (size_t) consumer->config.max_ack_pending;
        size_t n_taken = 0;

        monitor_lock(&consumer->monitor);
        while (consumer->n_waiting == 0 && !consumer->is_stopping &&
               monitor_wait(&consumer->monitor, until_us))
                ;
        if (consumer->n_waiting > 0)
                wait_for_more(consumer);
        while (!consumer->is_stopping && n_taken < n && consumer->n_waiting > 0) {
                messages[n_taken++] = consumer->ring[consumer->first];
                consumer->first = (consumer->first + 1) % size;
                consumer->n_waiting--;
        }
        monitor_unlock(&consumer->monitor);
        return n_taken;
}

/*
 * What nobody has handled goes to another member at once, instead of waiting for the acknowledgement's time.
 */
static void give_back_waiting(BusConsumer *consumer) {
        size_t size = (size_t) consumer->config.max_ack_pending;

        monitor_lock(&consumer->monitor);
        for (; consumer->n_waiting > 0; consumer->n_waiting--) {
                natsMsg *message = consumer->ring[consumer->first];

                consumer->first = (consumer->first + 1) % size;
                natsMsg_Nak(message, NULL);
                natsMsg_Destroy(message);
        }
        monitor_unlock(&consumer->monitor);
}

static void set_bound(BusConsumer *consumer, bool is_bound) {
        monitor_lock(&consumer->monitor);
        consumer->is_bound = is_bound;
        monitor_unlock(&consumer->monitor);
}

static void unbind(BusConsumer *consumer) {
        set_bound(consumer, false);
        if (consumer->subscription) {
                bus_subscription_stop(consumer->subscription);
                give_back_waiting(consumer);
                natsConnection_FlushTimeout(consumer->link->connection, FLUSH_TIMEOUT_MS);
                bus_subscription_close(consumer->subscription);
                consumer->subscription = NULL;
        }
        bus_link_release(consumer->link);
        consumer->link = NULL;
}

/* One line when it turns bad, or bad in another way; one when it is bound again. */
static void report(BusConsumer *consumer, const char *problem) {
        LogField name = log_text("consumer", consumer->config.durable);

        if (!problem)
                log_info("consumer bound", name);
        else if (strcmp(problem, consumer->trouble) != 0)
                log_warning("consumer not bound", name, log_text("problem", problem));
        snprintf(consumer->trouble, sizeof(consumer->trouble), "%s", problem ? problem : "");
}

/* What follows one of them tells it too (bus/early_private.h), but nothing may follow. */
static void report_missed(BusConsumer *consumer, int64_t n) {
        if (n == 0)
                return;
        metric_add(consumer->missed, n, METRIC_LABELS({ "consumer", consumer->config.durable }));
        log_warning("the stream has lost what was not delivered yet",
                    log_text("consumer", consumer->config.durable), log_number("places", n));
}

static natsStatus bind_durable(BusConsumer *consumer) {
        natsSubscription *handle = NULL;
        natsStatus status = bus_durable_ensure(consumer->link->js, &consumer->config);

        if (status != NATS_OK)
                return status;
        int64_t n_missed = (int64_t) bus_durable_missed(consumer->link->js, consumer->config.durable);
        consumer->subscription = bus_subscription_new(on_message, consumer);
        status =
                bus_durable_subscribe(consumer->link->js, &consumer->config, consumer->subscription, &handle);
        bus_subscription_open(consumer->subscription, handle);
        if (status == NATS_OK)
                report_missed(consumer, n_missed);
        else
                consumer->subscription = NULL;
        return status;
}

static void mark_seen(BusConsumer *consumer, unsigned n_losses) {
        consumer->n_losses = n_losses;
        consumer->seen_us = clock_monotonic_us();
}

static void bind(BusConsumer *consumer) {
        consumer->link = bus_link_hold(consumer->bus);
        if (!consumer->link)
                return;
        unsigned n_losses = atomic_load(&consumer->link->n_losses);
        natsStatus status = bind_durable(consumer);
        if (status == NATS_OK) {
                mark_seen(consumer, n_losses);
                set_bound(consumer, true);
                report(consumer, NULL);
        } else {
                report(consumer, bus_problem(status));
                bus_poke(consumer->bus);
                unbind(consumer);
        }
}

/*
 * After a loss of the connection, and after a silence, the server may have lost the durable (its store was
 * replaced, somebody deleted it): then nothing would ever come again, without any error.
 */
static void check_binding(BusConsumer *consumer) {
        BusLink *current = bus_link_hold(consumer->bus);
        unsigned n_losses = atomic_load(&consumer->link->n_losses);

        bus_link_release(current);
        if (!current)
                return;
        if (current == consumer->link && bus_subscription_is_valid(consumer->subscription) &&
            bus_durable_is_well(consumer->link->js, &consumer->config))
                mark_seen(consumer, n_losses);
        else
                unbind(consumer);
}

static bool is_check_due(const BusConsumer *consumer) {
        return atomic_load(&consumer->link->n_losses) != consumer->n_losses ||
               clock_monotonic_us() - consumer->seen_us > BUS_CHECK_MS * INT64_C(1000);
}

/* An error of a fault point stops between effect and acknowledgement, as a crash would. */
static const Error *answer_all(BusConsumer *consumer, Ctx *ctx, natsMsg **messages,
                               const BusDelivery *deliveries, size_t n) {
        const char *durable = consumer->config.durable;

        TRY(fault_point(ctx, arena_printf(ctx->arena, "%s.before_ack", durable)));
        for (size_t i = 0; i < n; i++)
                bus_delivery_answer(messages[i], &deliveries[i]);
        return fault_point(ctx, arena_printf(ctx->arena, "%s.after_ack", durable));
}

static void handle_batch(BusConsumer *consumer, Arena *arena, natsMsg **messages, size_t n) {
        BusDelivery *deliveries = ARENA_ARRAY(arena, BusDelivery, n);
        Ctx ctx = ctx_background(arena);

        ctx_limit(&ctx, consumer->config.ack_wait_ms);
        for (size_t i = 0; i < n; i++)
                deliveries[i] = bus_delivery_read(messages[i]);
        EarlyHelper helper = bus_early_helper(consumer->link->js, &consumer->config);
        bus_early_hand_over(&helper, &ctx, deliveries, n);
        const Error *error = answer_all(consumer, &ctx, messages, deliveries, n);
        if (error)
                log_warning("deliveries left without answer", log_text("consumer", consumer->config.durable),
                            log_cause(arena, error));
        for (size_t i = 0; i < n; i++)
                natsMsg_Destroy(messages[i]);
}

static bool is_stopping(BusConsumer *consumer) {
        monitor_lock(&consumer->monitor);
        bool result = consumer->is_stopping;
        monitor_unlock(&consumer->monitor);
        return result;
}

static void wait_to_retry(BusConsumer *consumer) {
        int64_t until_us = clock_monotonic_us() + BUS_RETRY_MS * INT64_C(1000);

        monitor_lock(&consumer->monitor);
        while (!consumer->is_stopping && monitor_wait(&consumer->monitor, until_us))
                ;
        monitor_unlock(&consumer->monitor);
}

/* A consumer that applies nothing shows it here, whatever keeps it from that. */
static void look_at_lag(BusConsumer *consumer) {
        int64_t now_us = clock_monotonic_us(), age_ms;

        if (now_us < consumer->lag_us)
                return;
        consumer->lag_us = now_us + BUS_CHECK_MS * INT64_C(1000);
        if (bus_lag_look(consumer->link->js, consumer->config.durable, &age_ms))
                metric_set(consumer->oldest_age, age_ms,
                           METRIC_LABELS({ "consumer", consumer->config.durable }));
}

static void run_once(BusConsumer *consumer, Arena *arena) {
        natsMsg **messages = ARENA_ARRAY(arena, natsMsg *, consumer->config.batch_limit);
        int64_t until_us = clock_monotonic_us() + BUS_RETRY_MS * INT64_C(1000);

        size_t n = take_messages(consumer, messages, consumer->config.batch_limit, until_us);
        if (n > 0)
                handle_batch(consumer, arena, messages, n);
        if (n > 0 && atomic_load(&consumer->link->n_losses) == consumer->n_losses)
                consumer->seen_us = clock_monotonic_us();
        else if (is_check_due(consumer))
                check_binding(consumer);
        if (consumer->link)
                look_at_lag(consumer);
}

static void *consumer_main(void *arg) {
        BusConsumer *consumer = arg;
        Arena *arena = arena_new();

        while (!is_stopping(consumer)) {
                arena_reset(arena);
                if (!consumer->link)
                        bind(consumer);
                if (consumer->link)
                        run_once(consumer, arena);
                else
                        wait_to_retry(consumer);
        }
        unbind(consumer);
        arena_free(arena);
        return NULL;
}

BusConsumer *bus_consumer_new(Bus *bus, const BusConsumerConfig *config) {
        Arena *arena = arena_new();
        BusConsumer *consumer = ARENA_NEW(arena, BusConsumer);

        consumer->bus = bus;
        consumer->arena = arena;
        consumer->config = *config;
        consumer->config.durable = arena_strdup(arena, config->durable);
        consumer->config.filter = arena_strdup(arena, config->filter);
        consumer->ring = ARENA_ARRAY(arena, natsMsg *, (size_t) config->max_ack_pending);
        consumer->oldest_age =
                metric_gauge_ms("millrace_consumer_oldest_age_seconds",
                                "Age of the first event that the consumer has not acknowledged");
        consumer->missed = metric_counter("millrace_consumer_missed_total",
                                          "Places of the stream that it lost before they were delivered");
        monitor_init(&consumer->monitor);
        if (pthread_create(&consumer->thread, NULL, consumer_main, consumer) != 0)
                abort();
        return consumer;
}

void bus_consumer_free(BusConsumer *consumer) {
        if (!consumer)
                return;
        monitor_lock(&consumer->monitor);
        consumer->is_stopping = true;
        monitor_broadcast(&consumer->monitor);
        monitor_unlock(&consumer->monitor);
        pthread_join(consumer->thread, NULL);
        monitor_destroy(&consumer->monitor);
        arena_free(consumer->arena);
}

bool bus_consumer_is_bound(const BusConsumer *consumer) {
        BusConsumer *locked = (BusConsumer *) consumer;

        monitor_lock(&locked->monitor);
        bool is_bound = locked->is_bound && !locked->is_stopping;
        monitor_unlock(&locked->monitor);
        return is_bound && bus_is_ready(locked->bus);
}
