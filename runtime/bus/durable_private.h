/* Inside the bus: the durable consumer on the server that a BusConsumer binds to. */
#pragma once

#include <nats/nats.h>

#include "bus/consumer.h"
#include "bus/subscription_private.h"

/*
 * Makes the durable, or brings it to these settings. It must be done before subscribing: js_Subscribe fails
 * when MaxAckPending differs, and a durable that js_Subscribe made would be deleted with its subscription.
 * The deliver subject comes from the durable's name, so that one made anew still finds its members.
 */
natsStatus bus_durable_ensure(jsCtx *js, const BusConsumerConfig *config);

/* Joins the deliver group. */
natsStatus bus_durable_subscribe(jsCtx *js, const BusConsumerConfig *config, Subscription *subscription,
                                 natsSubscription **ret_handle);

/*
 * False when the server has no such durable, or has one that sends to nobody. True when the server does not
 * answer: then nothing is known, and the connection is not ours to judge.
 */
bool bus_durable_is_well(jsCtx *js, const BusConsumerConfig *config);

/*
 * How many places of the stream the durable was never handed, since the stream's limits took them before;
 * some may have been of other types. 0 also when the server does not say.
 */
uint64_t bus_durable_missed(jsCtx *js, const char *durable);
