/* Points of the one customer, faked: they do as they are told. */
#pragma once

#include "biz/order/ports.h"

typedef struct Purse {
        Points base;

        /* What they answer. */
        int64_t points; /* that the customer has */
        int64_t expires_at_us;
        ConfirmState state; /* of what is counted */

        /* Reason with which a call fails; NULL: it works. hold_fails: DEADLINE_EXCEEDED after it was done. */
        const char *hold_fails, *commit_fails, *release_fails;

        /* What was done. */
        int64_t held;
        bool are_used;
        int n_held, n_committed, n_released;
} Purse;

/* With 1250 points. */
void purse_init(Purse *purse);
