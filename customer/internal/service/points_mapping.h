/* Between messages and points. */
#pragma once

#include "biz/points/points.h"
#include "customer/v1/customer.rpc.h"

void customer_benefits_to_message(Arena *arena, const PointsBenefits *benefits,
                                  CustomerV1GetCheckoutBenefitsResponse *response);

CustomerV1PointsEntry *customer_entry_to_message(Arena *arena, const PointsEntry *entry);

CustomerV1PointsHold *customer_hold_to_message(Arena *arena, const PointsHold *hold);

CustomerV1PointsStatus *customer_statuses_to_message(Arena *arena, const PointsStatus *statuses, size_t n);
