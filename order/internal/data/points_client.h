/* The customer service, as the order business wants it of points. */
#pragma once

#include "base/callee.h"
#include "biz/order/ports.h"
#include "customer/v1/customer.rpc.h"

/* What holds, counts or gives back points takes this at most. */
#define POINTS_TIMEOUT_MS 5000

/* Lives in arena; service and callee outlive it. callee: the customer service, whoever calls it from here */
Points *order_points_client_new(Arena *arena, CustomerService *customers, Callee *callee);
