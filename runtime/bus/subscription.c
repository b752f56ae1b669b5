#include "bus/subscription_private.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"

struct Subscription {
        natsSubscription *handle;
        pthread_mutex_t mutex; /* held while the owner is called, and over the rest */
        SubscriptionHandler handler;
        void *owner; /* NULL: closed */
        int n_users; /* the owner, and nats.c once it subscribed */
};

Subscription *bus_subscription_new(SubscriptionHandler handler, void *owner) {
        Subscription *subscription = MEMORY_NEW(Subscription);

        pthread_mutex_init(&subscription->mutex, NULL);
        subscription->handler = handler;
        subscription->owner = owner;
        subscription->n_users = 1;
        return subscription;
}

static void release(void *closure) {
        Subscription *subscription = closure;

        pthread_mutex_lock(&subscription->mutex);
        bool is_last = --subscription->n_users == 0;
        pthread_mutex_unlock(&subscription->mutex);
        if (!is_last)
                return;
        pthread_mutex_destroy(&subscription->mutex);
        free(subscription);
}

void bus_subscription_deliver(natsConnection *connection, natsSubscription *handle, natsMsg *message,
                              void *closure) {
        Subscription *subscription = closure;

        (void) connection;
        (void) handle;
        pthread_mutex_lock(&subscription->mutex);
        if (subscription->owner)
                subscription->handler(subscription->owner, message);
        else
                natsMsg_Destroy(message);
        pthread_mutex_unlock(&subscription->mutex);
}

/*
 * When the completion callback is refused, because the connection closed meanwhile, nats.c may be inside
 * deliver: the few bytes stay.
 */
void bus_subscription_open(Subscription *subscription, natsSubscription *handle) {
        if (!handle) {
                release(subscription);
                return;
        }
        pthread_mutex_lock(&subscription->mutex);
        subscription->handle = handle;
        subscription->n_users++;
        pthread_mutex_unlock(&subscription->mutex);
        (void) natsSubscription_SetOnCompleteCB(handle, release, subscription);
}

/* Unsubscribing deletes a durable only if js_Subscribe has made it; ours are made before. */
void bus_subscription_stop(Subscription *subscription) {
        pthread_mutex_lock(&subscription->mutex);
        subscription->owner = NULL;
        pthread_mutex_unlock(&subscription->mutex);
        (void) natsSubscription_Unsubscribe(subscription->handle);
}

void bus_subscription_close(Subscription *subscription) {
        if (!subscription)
                return;
        bus_subscription_stop(subscription);
        natsSubscription_Destroy(subscription->handle);
        release(subscription);
}

bool bus_subscription_is_valid(const Subscription *subscription) {
        return natsSubscription_IsValid(subscription->handle);
}
