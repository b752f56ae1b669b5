/*
 * Inside the bus: who gets the messages of a NATS subscription. nats.c may still be calling back when a
 * subscription is closed; what its callbacks reach is therefore this small object, which outlives them, and
 * never the owner of a closed subscription.
 */
#pragma once

#include <nats/nats.h>

typedef struct Subscription Subscription;

/* Runs on a thread of nats.c; owns message. Must not block for long. */
typedef void (*SubscriptionHandler)(void *owner, natsMsg *message);

/* Gives out the closure for nats.c's subscribe call, whose callback is bus_subscription_deliver. */
Subscription *bus_subscription_new(SubscriptionHandler handler, void *owner);
void bus_subscription_deliver(natsConnection *connection, natsSubscription *handle, natsMsg *message,
                              void *closure);

/* Hands over what nats.c made; NULL when it made nothing, and the subscription is gone. */
void bus_subscription_open(Subscription *subscription, natsSubscription *handle);

/* After it the owner is not called, and the server sends no more. Messages got before stay answerable. */
void bus_subscription_stop(Subscription *subscription);

/* Stops it and ends it; messages got from it can only be destroyed after. Accepts NULL. */
void bus_subscription_close(Subscription *subscription);

bool bus_subscription_is_valid(const Subscription *subscription);
