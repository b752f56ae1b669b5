/* Inside the bus: between a NATS message and the delivery that a handler sees. */
#pragma once

#include <nats/nats.h>

#include "bus/consumer.h"

/* Texts of the delivery are the message's. */
BusDelivery bus_delivery_read(natsMsg *message);

/*
 * Tells the server the handler's verdict. An answer that gets lost only means that the message comes again.
 */
void bus_delivery_answer(natsMsg *message, const BusDelivery *delivery);
