#include "bus/lag_private.h"

#include "base/clock.h"
#include "bus/bus.h"

#define NS_PER_US 1000

/* The first that is not acknowledged, or, when that one is gone by now, nothing that can be named. */
static bool age_of(jsCtx *js, uint64_t sequence, int64_t *ret_age_ms) {
        natsMsg *message = NULL;

        if (js_GetMsg(&message, js, BUS_STREAM, sequence, NULL, NULL) != NATS_OK)
                return false;
        int64_t age_ms = (clock_wall_us() - natsMsg_GetTime(message) / NS_PER_US) / 1000;
        *ret_age_ms = age_ms > 0 ? age_ms : 0;
        natsMsg_Destroy(message);
        return true;
}

bool bus_lag_look(jsCtx *js, const char *durable, int64_t *ret_age_ms) {
        jsConsumerInfo *info = NULL;

        if (js_GetConsumerInfo(&info, js, BUS_STREAM, durable, NULL, NULL) != NATS_OK)
                return false;
        bool is_behind = info->NumPending > 0 || info->NumAckPending > 0;
        uint64_t next = info->AckFloor.Stream + 1;
        jsConsumerInfo_Destroy(info);
        if (is_behind)
                return age_of(js, next, ret_age_ms);
        *ret_age_ms = 0;
        return true;
}
