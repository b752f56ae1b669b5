#include "bus/hint.h"

#include <stdlib.h>

#include "base/memory.h"
#include "bus/link_private.h"
#include "bus/subscription_private.h"

struct BusHints {
        Bus *bus;
        char *subject;
        void (*heard)(void *arg);
        void *arg;
        BusLink *link; /* that it listens on; NULL: none yet. The rest is of the thread that listens */
        Subscription *subscription;
};

BusHints *bus_hints_new(Bus *bus, const char *subject, void (*heard)(void *arg), void *arg) {
        BusHints *hints = MEMORY_NEW(BusHints);

        *hints = (BusHints) { .bus = bus, .subject = memory_strdup(subject), .heard = heard, .arg = arg };
        return hints;
}

static void close_subscription(BusHints *hints) {
        bus_subscription_close(hints->subscription);
        bus_link_release(hints->link);
        hints->subscription = NULL;
        hints->link = NULL;
}

void bus_hints_free(BusHints *hints) {
        if (!hints)
                return;
        close_subscription(hints);
        free(hints->subject);
        free(hints);
}

static void on_hint(void *owner, natsMsg *message) {
        BusHints *hints = owner;

        natsMsg_Destroy(message);
        hints->heard(hints->arg);
}

static natsStatus subscribe(BusHints *hints) {
        natsSubscription *handle = NULL;

        hints->subscription = bus_subscription_new(on_hint, hints);
        natsStatus status = natsConnection_Subscribe(&handle, hints->link->connection, hints->subject,
                                                     bus_subscription_deliver, hints->subscription);
        bus_subscription_open(hints->subscription, handle);
        if (status != NATS_OK)
                hints->subscription = NULL;
        return status;
}

void bus_hints_listen(BusHints *hints) {
        BusLink *link = bus_link_hold(hints->bus);

        if (!link || (link == hints->link && bus_subscription_is_valid(hints->subscription))) {
                bus_link_release(link);
                return;
        }
        close_subscription(hints);
        hints->link = link;
        if (subscribe(hints) != NATS_OK)
                close_subscription(hints);
}

void bus_hints_give(BusHints *hints) {
        BusLink *link = bus_link_hold(hints->bus);

        if (link)
                (void) natsConnection_Publish(link->connection, hints->subject, NULL, 0);
        bus_link_release(link);
}
