/* The customer RPCs: messages in, accounts and points, messages out. */
#pragma once

#include "biz/account/account.h"
#include "biz/points/points.h"
#include "customer/v1/customer.rpc.h"

/* Lives in arena; accounts and points must outlive it. */
CustomerService *customer_service_new(Arena *arena, AccountUsecase *accounts,
                                      PointsUsecase *points);
