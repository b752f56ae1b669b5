#include "base/str.h"
#include "base/memory.h"
#include "biz/inventory/inventory.h"

/* The order service confirms and releases by itself; the events are the second net, and do nothing twice. */
ReservationMove warehouse_meaning(const char *event_type) {
        static const struct {
                const char *event_type;
                ReservationMove move;
        } meanings[] = {
                { "order.confirmed", RESERVATION_CONFIRM },
                { "order.cancelled", RESERVATION_RELEASE },
                { "order.failed", RESERVATION_RELEASE },
                { "order.payment_failed", RESERVATION_RELEASE },
        };

        for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
                if (str_equal(event_type, meanings[i].event_type))
                        return meanings[i].move;
        }
        return RESERVATION_KEEP;
}
