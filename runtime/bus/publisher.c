#include "bus/publisher.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "bus/ack_private.h"
#include "bus/link_private.h"
#include "bus/subscription_private.h"

/* How often a wait for acknowledgements looks whether the connection that they come by still stands. */
#define LOOK_US 20000

#define REPLY_MAX_BYTES 128

/*
 * Every message asks for its acknowledgement at "<inbox>.<call>.<index>", so an acknowledgement says itself
 * which call it belongs to: one that comes after its call has ended finds another number and is dropped.
 * js_PublishMsgAsync would give every message a timer and a hash entry, keep the entry of a message whose
 * acknowledgement never comes, and leave us to tie its callbacks to calls.
 */
struct BusPublisher {
        Bus *bus;
        BusLink *link; /* that the inbox belongs to; NULL: none yet */
        Subscription *inbox;
        char *prefix;
        Monitor monitor; /* over all below */
        uint64_t call;
        Arena *arena;
        BusMessage *messages; /* NULL between calls */
        size_t n_sent;
        size_t n_answered;
        size_t n_bearable; /* as many may be on their way for the wait to end */
};

BusPublisher *bus_publisher_new(Bus *bus) {
        BusPublisher *publisher = MEMORY_NEW(BusPublisher);

        publisher->bus = bus;
        monitor_init(&publisher->monitor);
        return publisher;
}

static void close_inbox(BusPublisher *publisher) {
        bus_subscription_close(publisher->inbox);
        bus_link_release(publisher->link);
        free(publisher->prefix);
        publisher->inbox = NULL;
        publisher->link = NULL;
        publisher->prefix = NULL;
}

void bus_publisher_free(BusPublisher *publisher) {
        if (!publisher)
                return;
        close_inbox(publisher);
        monitor_destroy(&publisher->monitor);
        free(publisher);
}

static bool is_answered(const BusMessage *message) {
        return message->is_stored || message->problem;
}

static Ack read_answer(Arena *arena, natsMsg *message) {
        if (natsMsg_IsNoResponders(message))
                return (Ack) { .problem = "No stream takes this subject" };
        return bus_ack_read(arena, natsMsg_GetData(message), (size_t) natsMsg_GetDataLength(message));
}

/* The lock is held. */
static void take_answer(BusPublisher *publisher, uint64_t call, size_t index, natsMsg *answer) {
        if (!publisher->messages || call != publisher->call || index >= publisher->n_sent)
                return;
        BusMessage *message = &publisher->messages[index];
        if (is_answered(message))
                return;
        Ack ack = read_answer(publisher->arena, answer);
        message->is_stored = ack.is_stored;
        message->sequence = ack.sequence;
        message->is_refused = ack.is_refused;
        message->problem = ack.problem;
        publisher->n_answered++;
        if (publisher->n_sent - publisher->n_answered <= publisher->n_bearable)
                monitor_broadcast(&publisher->monitor);
}

static void on_answer(void *owner, natsMsg *answer) {
        BusPublisher *publisher = owner;
        const char *subject = natsMsg_GetSubject(answer);
        uint64_t call;
        size_t index;

        monitor_lock(&publisher->monitor);
        if (sscanf(subject + strlen(publisher->prefix), ".%" SCNu64 ".%zu", &call, &index) == 2)
                take_answer(publisher, call, index, answer);
        monitor_unlock(&publisher->monitor);
        natsMsg_Destroy(answer);
}

/* natsInbox_Create knows nothing of a connection's own prefix: only what follows the first dot is taken. */
static natsStatus subscribe_inbox(BusPublisher *publisher) {
        natsSubscription *handle = NULL;
        char pattern[REPLY_MAX_BYTES];
        natsInbox *name;

        natsStatus status = natsInbox_Create(&name);
        if (status != NATS_OK)
                return status;
        if (asprintf(&publisher->prefix, "%s%s", publisher->bus->inbox, strchr(name, '.')) < 0)
                abort();
        natsInbox_Destroy(name);
        snprintf(pattern, sizeof(pattern), "%s.*.*", publisher->prefix);
        publisher->inbox = bus_subscription_new(on_answer, publisher);
        status = natsConnection_Subscribe(&handle, publisher->link->connection, pattern,
                                          bus_subscription_deliver, publisher->inbox);
        bus_subscription_open(publisher->inbox, handle);
        if (status != NATS_OK)
                publisher->inbox = NULL;
        return status;
}

/* An inbox on the bus's present connection; false when there is none. */
static bool open_inbox(BusPublisher *publisher) {
        BusLink *link = bus_link_hold(publisher->bus);

        if (link && link == publisher->link) {
                bus_link_release(link);
                return true;
        }
        close_inbox(publisher);
        publisher->link = link;
        if (link && subscribe_inbox(publisher) == NATS_OK)
                return true;
        close_inbox(publisher);
        return false;
}

static natsStatus set_headers(natsMsg *out, const BusMessage *message) {
        char version[24], previous_version[24], previous_sequence[24];
        bool is_first = message->aggregate_version <= 1;

        snprintf(version, sizeof(version), "%" PRId64, message->aggregate_version);
        snprintf(previous_version, sizeof(previous_version), "%" PRId64, message->previous_version);
        snprintf(previous_sequence, sizeof(previous_sequence), "%" PRId64, message->previous_sequence);
        const char *const headers[][2] = {
                { BUS_HEADER_MESSAGE_ID, message->message_id },
                { BUS_HEADER_AGGREGATE, message->aggregate_id },
                { BUS_HEADER_VERSION, version },
                { BUS_HEADER_PREVIOUS_VERSION, is_first ? NULL : previous_version },
                { BUS_HEADER_PREVIOUS_SEQUENCE, is_first ? NULL : previous_sequence },
                { BUS_HEADER_EVENT_TYPE, message->event_type },
                { BUS_HEADER_TRACEPARENT, message->traceparent },
                { BUS_HEADER_CONTENT_TYPE, "application/json" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
                if (!headers[i][1])
                        continue;
                natsStatus status = natsMsgHeader_Set(out, headers[i][0], headers[i][1]);
                if (status != NATS_OK)
                        return status;
        }
        return NATS_OK;
}

static natsStatus send_message(BusPublisher *publisher, const BusMessage *message, size_t index) {
        char reply[REPLY_MAX_BYTES];
        natsMsg *out;

        snprintf(reply, sizeof(reply), "%s.%" PRIu64 ".%zu", publisher->prefix, publisher->call, index);
        natsStatus status =
                natsMsg_Create(&out, message->subject, reply, message->payload, (int) message->payload_bytes);
        if (status != NATS_OK)
                return status;
        status = set_headers(out, message);
        if (status == NATS_OK)
                status = natsConnection_PublishMsg(publisher->link->connection, out);
        natsMsg_Destroy(out);
        return status;
}

/* Found before anything is sent: a malformed protocol line would cost us the connection. */
static const char *find_fault(const BusMessage *message) {
        if (!bus_subject_is_valid(message->subject))
                return "The subject is malformed";
        if (message->payload_bytes > BUS_PAYLOAD_MAX_BYTES)
                return "The payload is too large";
        return NULL;
}

/* The lock is held: an answer may come before the send returns. */
static void refuse(BusPublisher *publisher, BusMessage *message, const char *problem) {
        message->is_refused = true;
        message->problem = problem;
        publisher->n_answered++;
}

/* Sends one; false when the connection does not take it. */
static bool send_next(BusPublisher *publisher) {
        size_t index = publisher->n_sent;
        BusMessage *message = &publisher->messages[index];
        const char *fault = find_fault(message);

        monitor_lock(&publisher->monitor);
        publisher->n_sent++;
        if (fault)
                refuse(publisher, message, fault);
        monitor_unlock(&publisher->monitor);
        if (fault)
                return true;
        natsStatus status = send_message(publisher, message, index);
        if (status != NATS_MAX_PAYLOAD)
                return status == NATS_OK;
        monitor_lock(&publisher->monitor);
        refuse(publisher, message, natsStatus_GetText(status));
        monitor_unlock(&publisher->monitor);
        return true;
}

/* Waits until at most n_open are on their way; false when the time is over or the connection was lost. */
static bool wait_answers(BusPublisher *publisher, size_t n_open, unsigned n_losses, int64_t deadline_us) {
        monitor_lock(&publisher->monitor);
        publisher->n_bearable = n_open;
        while (publisher->n_sent - publisher->n_answered > n_open) {
                int64_t now_us = clock_monotonic_us();

                if (now_us >= deadline_us || atomic_load(&publisher->link->n_losses) != n_losses)
                        break;
                monitor_wait(&publisher->monitor,
                             now_us + LOOK_US < deadline_us ? now_us + LOOK_US : deadline_us);
        }
        bool is_reached = publisher->n_sent - publisher->n_answered <= n_open;
        monitor_unlock(&publisher->monitor);
        return is_reached;
}

/* A full window is waited for until half of it is answered, so that not every answer wakes the sender. */
static bool wait_room(BusPublisher *publisher, unsigned n_losses, int64_t deadline_us) {
        monitor_lock(&publisher->monitor);
        bool is_full = publisher->n_sent - publisher->n_answered >= BUS_PUBLISH_WINDOW;
        monitor_unlock(&publisher->monitor);
        return !is_full || wait_answers(publisher, BUS_PUBLISH_WINDOW / 2, n_losses, deadline_us);
}

/* Stops at the first message that the connection does not take, so that none overtakes it. */
static void send_all(BusPublisher *publisher, size_t n, int64_t deadline_us) {
        unsigned n_losses = atomic_load(&publisher->link->n_losses);

        while (publisher->n_sent < n) {
                if (!wait_room(publisher, n_losses, deadline_us) ||
                    atomic_load(&publisher->link->n_losses) != n_losses || !send_next(publisher))
                        return;
        }
        wait_answers(publisher, 0, n_losses, deadline_us);
}

static void begin_call(BusPublisher *publisher, Ctx *ctx, BusMessage *messages) {
        monitor_lock(&publisher->monitor);
        publisher->call++;
        publisher->arena = ctx->arena;
        publisher->messages = messages;
        publisher->n_sent = 0;
        publisher->n_answered = 0;
        monitor_unlock(&publisher->monitor);
}

static void end_call(BusPublisher *publisher) {
        monitor_lock(&publisher->monitor);
        publisher->messages = NULL;
        publisher->arena = NULL;
        monitor_unlock(&publisher->monitor);
}

static void clear_results(BusMessage *messages, size_t n) {
        for (size_t i = 0; i < n; i++) {
                messages[i].is_stored = false;
                messages[i].sequence = 0;
                messages[i].is_refused = false;
                messages[i].problem = NULL;
        }
}

static size_t count_unknown(BusMessage *messages, size_t n) {
        size_t n_unknown = 0;

        for (size_t i = 0; i < n; i++) {
                if (messages[i].is_stored || messages[i].is_refused)
                        continue;
                if (!messages[i].problem)
                        messages[i].problem = "No acknowledgement came";
                n_unknown++;
        }
        return n_unknown;
}

const Error *bus_publish(BusPublisher *publisher, Ctx *ctx, BusMessage *messages, size_t n,
                         int64_t timeout_ms) {
        int64_t deadline_us = clock_monotonic_us() + timeout_ms * 1000;

        clear_results(messages, n);
        if (open_inbox(publisher)) {
                begin_call(publisher, ctx, messages);
                send_all(publisher, n, deadline_us);
                end_call(publisher);
        }
        size_t n_unknown = count_unknown(messages, n);
        if (n_unknown == 0)
                return NULL;
        bus_poke(publisher->bus);
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                         "The bus is away: %zu of %zu messages have no answer", n_unknown, n);
}
