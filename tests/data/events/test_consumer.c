#include "consumer_fixture.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/memory.h"
#include "events/outbox.h"
#include "race.h"

/* What the last call of remember was given. */
static Event seen[8];

static const Error *remember(void *self, PgBatch *batch, const Event *events, size_t n) {
        ck_assert_uint_le(n, ARRAY_SIZE(seen));
        memcpy(seen, events, n * sizeof(Event));
        return add_effects(self, batch, events, n);
}

TEST(takes_the_events_of_its_aggregates_from_the_bus) {
        const BusConsumerConfig config = event_consumer_on_bus(shipping);

        ck_assert_str_eq(config.durable, "shipping");
        ck_assert_str_eq(config.filter, "events.order.*");
        ck_assert_int_eq(config.ack_wait_ms, settings.ack_wait_ms);
}

TEST(acknowledges_what_is_applied_and_what_was) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 2, "order.confirmed"),
                                     event("ORD-1", 2, "order.confirmed") };

        handle(deliveries, 3);
        for (size_t i = 0; i < 3; i++)
                ck_assert_int_eq(deliveries[i].verdict, BUS_ACK);
        ck_assert_int_eq(count_effects(), 2);
        ck_assert_int_eq(counted("applied"), 2);
        ck_assert_int_eq(counted("duplicate"), 1);
        ck_assert_int_eq(verdict_of(event("ORD-1", 1, "order.created")), BUS_ACK);
        ck_assert_int_eq(counted("duplicate"), 2);
        ck_assert_str_eq(versions(), "ORD-1:2");
}

TEST(hands_over_what_the_delivery_says) {
        BusDelivery delivery = event("ORD-1", 1, "order.created");

        handle_in(test_ctx(), consumer_that(remember, NULL), &delivery, 1);
        ck_assert_int_eq(delivery.verdict, BUS_ACK);
        ck_assert_str_eq(seen[0].type, "order.created");
        ck_assert_str_eq(seen[0].aggregate_id, "ORD-1");
        ck_assert_int_eq(seen[0].version, 1);
        ck_assert_str_eq(seen[0].trace.trace_id, TRACE_ID);
        ck_assert_str_eq(seen[0].trace.span_id, "00f067aa0ba902b7");
        ck_assert_str_eq(((const EventsV1OrderEvent *) seen[0].message)->data->status, "X");
}

TEST(an_event_without_a_trace_is_applied_without_one) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.created"), event("ORD-2", 1, "order.created") };

        deliveries[0].traceparent = NULL;
        deliveries[1].traceparent = "00-\xff";
        handle_in(test_ctx(), consumer_that(remember, NULL), deliveries, 2);
        for (size_t i = 0; i < 2; i++) {
                ck_assert_int_eq(deliveries[i].verdict, BUS_ACK);
                ck_assert_str_eq(seen[i].trace.trace_id, "");
        }
}

TEST(events_of_many_aggregates_share_a_transaction) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.created"), event("ORD-2", 1, "order.created"),
                                     event("ORD-2", 2, "order.confirmed") };

        handle(deliveries, 3);
        ck_assert_int_eq(count_effects(), 3);
        ck_assert_str_eq(versions(), "ORD-1:1 ORD-2:2");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT xmin::text) FROM"
                                             " (SELECT xmin FROM effects"
                                             "  UNION ALL SELECT xmin FROM inbox) AS rows"),
                         1);
}

TEST(says_which_event_is_early) {
        BusDelivery early = event("ORD-1", 2, "order.confirmed");
        BusDelivery both[] = { early, event("ORD-2", 1, "order.created") };

        handle(both, 2);
        ck_assert_int_eq(both[0].verdict, BUS_EARLY);
        ck_assert_int_eq(both[1].verdict, BUS_ACK);
        early.n_delivered = 1000;
        ck_assert_int_eq(verdict_of(early), BUS_EARLY);
        ck_assert_int_eq(counted("early"), 2);
        ck_assert_str_eq(versions(), "ORD-2:1");
}

TEST(an_event_before_which_none_can_come_is_applied) {
        BusDelivery first = event("ORD-1", 2, "order.confirmed");

        first.previous_version = 0;
        ck_assert_int_eq(verdict_of(first), BUS_ACK);
        ck_assert_str_eq(versions(), "ORD-1:2");
}

TEST(one_consumer_takes_aggregates_of_two_types_with_the_same_id) {
        EventConsumerSpec of_usage = spec;
        BusDelivery usage = event("ORD-1", 1, "usage.recorded");

        of_usage.aggregate_type = "usage";
        EventConsumer *consumer = event_consumer_new(test_ctx()->arena, pool, &of_usage, &settings);
        ck_assert_int_eq(verdict_of(event("ORD-1", 1, "order.created")), BUS_ACK);
        handle_in(test_ctx(), consumer, &usage, 1);
        ck_assert_int_eq(usage.verdict, BUS_ACK);
        ck_assert_int_eq(count_effects(), 2);
        ck_assert_int_eq(counted("duplicate"), 0);
}

static void set_fault(const char *fault) {
        const char *problem;

        setenv("MILLRACE_FAULTS_ENABLED", "1", 1);
        setenv("MILLRACE_FAULT", fault, 1);
        ck_assert(fault_init(&problem));
}

TEST(what_ends_before_the_effect_has_none) {
        set_fault("shipping.before_apply=error");
        ck_assert_int_eq(verdict_of(event("ORD-1", 1, "order.created")), BUS_RETRY);
        ck_assert_int_eq(count_effects(), 0);
}

TEST(what_ends_behind_the_effect_comes_again_and_is_known) {
        set_fault("shipping.after_apply=error@1");
        ck_assert_int_eq(verdict_of(event("ORD-1", 1, "order.created")), BUS_RETRY);
        ck_assert_int_eq(verdict_of(event("ORD-1", 1, "order.created")), BUS_ACK);
        ck_assert_int_eq(count_effects(), 1);
        ck_assert_int_eq(counted("duplicate"), 1);
}

/* What an order's event makes happen to its usage: an event of the same id and another type. */
static const Error *publish(void *self, PgBatch *batch, const Event *events, size_t n) {
        (void) self;
        for (size_t i = 0; i < n; i++)
                outbox_add(batch, &(OutboxEvent) {
                                          .event_id = "0190163d-8694-739b-aea5-966c26f8ad91",
                                          .aggregate_type = "usage",
                                          .aggregate_id = events[i].aggregate_id,
                                          .aggregate_version = 1,
                                          .event_type = "usage.recorded",
                                          .payload = "{}",
                                          .trace = &events[i].trace,
                                  });
        return NULL;
}

TEST(the_trace_goes_on_through_the_consumer) {
        BusDelivery delivery = event("ORD-1", 1, "order.created");

        handle_in(test_ctx(), consumer_that(publish, NULL), &delivery, 1);
        ck_assert_int_eq(delivery.verdict, BUS_ACK);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT traceparent FROM outbox"),
                         "00-" TRACE_ID "-00f067aa0ba902b7-01");
}

static void handle_some(void) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 1, "order.created"),
                                     with_payload(event("ORD-2", 3, "order.shipped"), "no json") };

        deliveries[2].previous_version = 0;
        handle(deliveries, 3);
}

TEST(a_line_says_what_became_of_an_event_with_its_trace) {
        log_init("test", LOG_INFO);
        const char *lines = test_stderr_of(handle_some);
        const char *applied = strstr(
                lines, "\"level\":\"info\",\"service\":\"test\",\"message\":\"event is applied\","
                       "\"consumer\":\"shipping\",\"trace\":\"" TRACE_ID "\","
                       "\"type\":\"order.created\",\"id\":\"ORD-1\",\"version\":1}");

        ck_assert_ptr_nonnull(applied);
        ck_assert_ptr_null(strstr(strchr(applied, '\n'), "event is applied"));
        ck_assert_ptr_nonnull(
                strstr(lines, "\"level\":\"error\",\"service\":\"test\",\"message\":\"event is parked\","
                              "\"consumer\":\"shipping\",\"trace\":\"" TRACE_ID "\","
                              "\"type\":\"order.shipped\",\"id\":\"ORD-2\",\"version\":3,"
                              "\"event\":\"ORD-2-3\""));
}

TEST(the_lines_of_applied_events_have_the_level_of_successful_calls) {
        log_init("test", LOG_INFO);
        log_successes(LOG_DEBUG);
        const char *lines = test_stderr_of(handle_some);

        ck_assert_ptr_null(strstr(lines, "event is applied"));
        ck_assert_ptr_nonnull(strstr(lines, "event is parked"));
}

/* Every consumer gets every event; one of them applies each. */
static void consume(Ctx *ctx, void *arg, size_t i) {
        EventConsumer *consumer = event_consumer_new(ctx->arena, pool, &spec, &settings);
        BusDelivery *deliveries = arg;
        BusDelivery own[6];
        bool is_done;

        (void) i;
        memcpy(own, deliveries, sizeof(own));
        do {
                handle_in(ctx, consumer, own, 6);
                is_done = true;
                for (size_t k = 0; k < 6; k++)
                        is_done &= own[k].verdict == BUS_ACK;
        } while (!is_done);
}

TEST(many_consumers_of_the_same_events_apply_each_once) {
        BusDelivery deliveries[] = {
                event("ORD-1", 1, "order.created"),   event("ORD-2", 1, "order.created"),
                event("ORD-1", 2, "order.confirmed"), event("ORD-2", 2, "order.confirmed"),
                event("ORD-1", 3, "order.cancelled"), event("ORD-2", 3, "order.cancelled"),
        };

        race_run(N_SESSIONS, consume, deliveries);
        ck_assert_str_eq(versions(), "ORD-1:3 ORD-2:3");
        ck_assert_int_eq(count_effects(), 6);
        ck_assert_int_eq(counted("applied"), 6);
}

int main(void) {
        Suite *suite = suite_create("events/consumer");
        TCase *tests = tcase_create("consumer");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
