#include "base/clock.h"
#include "biz/shipping/quote.h"

#define US_PER_DAY (INT64_C(86400) * US_PER_S)
#define DAYS_PER_WEEK 7

/* 0 is Monday; 1970-01-01 was a Thursday. */
static int64_t weekday(int64_t wall_us) {
        int64_t days = wall_us / US_PER_DAY - (wall_us % US_PER_DAY < 0);

        return ((days + 3) % DAYS_PER_WEEK + DAYS_PER_WEEK) % DAYS_PER_WEEK;
}

static bool is_working_day(int64_t wall_us) {
        return weekday(wall_us) < 5;
}

int64_t shipping_add_working_days(int64_t wall_us, int64_t days) {
        while (days > 0 || !is_working_day(wall_us)) {
                wall_us += US_PER_DAY;
                days -= is_working_day(wall_us);
        }
        return wall_us;
}
