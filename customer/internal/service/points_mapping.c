#include "service/points_mapping.h"

#include "base/str.h"
#include "proto/values.h"

#define BP_PER_PERCENT 100

SAME_NUMBER(POINTS_NONE, CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_UNSPECIFIED);
SAME_NUMBER(POINTS_HELD, CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_HELD);
SAME_NUMBER(POINTS_COMMITTED, CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_COMMITTED);
SAME_NUMBER(POINTS_RELEASED, CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_RELEASED);
SAME_NUMBER(POINTS_EXPIRED, CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_EXPIRED);

static CustomerV1TierBenefits *tier_benefits_to_message(Arena *arena, const Profile *profile) {
        CustomerV1TierBenefits *message = customer_v1_tier_benefits_new(arena);

        message->free_shipping = profile->tier_ships_free;
        message->discount_percentage = profile->tier_discount_bp / BP_PER_PERCENT;
        message->discount_bp = profile->tier_discount_bp;
        return message;
}

void customer_benefits_to_message(Arena *arena, const PointsBenefits *benefits,
                                  CustomerV1GetCheckoutBenefitsResponse *response) {
        response->customer_id = benefits->profile->customer_id;
        response->available_points = benefits->available;
        response->points_value = proto_money_to_message(arena, benefits->available, POINTS_CURRENCY);
        response->owed_points = benefits->owed;
        response->expiring_points = benefits->expiry.points;
        response->expires_at = proto_time_to_message(arena, benefits->expiry.first_at_us);
        response->tier = customer_tier_word(benefits->profile->tier);
        response->tier_benefits = tier_benefits_to_message(arena, benefits->profile);
}

CustomerV1PointsEntry *customer_entry_to_message(Arena *arena, const PointsEntry *entry) {
        CustomerV1PointsEntry *message = customer_v1_points_entry_new(arena);

        message->entry_id = str_or_empty(entry->entry_id);
        message->kind = customer_points_kind_word(entry->kind);
        message->order_id = str_or_empty(entry->order_id);
        message->points = entry->points;
        message->created_at = proto_time_to_message(arena, entry->created_at_us);
        return message;
}

CustomerV1PointsHold *customer_hold_to_message(Arena *arena, const PointsHold *hold) {
        CustomerV1PointsHold *message = customer_v1_points_hold_new(arena);

        message->order_id = str_or_empty(hold->order_id);
        message->customer_id = str_or_empty(hold->customer_id);
        message->points = hold->points;
        message->status = (CustomerV1PointsStatus) hold->status;
        message->expires_at = proto_time_to_message(arena, hold->expires_at_us);
        return message;
}

CustomerV1PointsStatus *customer_statuses_to_message(Arena *arena, const PointsStatus *statuses, size_t n) {
        CustomerV1PointsStatus *messages = ARENA_ARRAY(arena, CustomerV1PointsStatus, n);

        for (size_t i = 0; i < n; i++)
                messages[i] = (CustomerV1PointsStatus) statuses[i];
        return messages;
}
