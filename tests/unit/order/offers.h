/* Promotions, faked: 10 % off for any code, a campaign without one, and uses that do as they are told. */
#pragma once

#include "biz/order/ports.h"

#define OFFERS_AUTOMATIC "CMP-AUTO"

typedef struct Offers {
        Promotions base;

        /* What they answer. */
        const char *problem;     /* of every code; NULL: none */
        int64_t automatic_minor; /* off the first line, without a code; 0: nothing is */
        int64_t uses_expire_at_us;
        ConfirmState state;                    /* of what is counted */
        const char *gone[4], *gone_reason;     /* campaigns with nothing left, NULL behind the last */
        bool keeps_offering;                   /* what is left out, too */
        bool is_away;                          /* without codes */

        /* Reason with which a call fails; NULL: it works. hold_fails: DEADLINE_EXCEEDED after it was done. */
        const char *evaluate_fails, *hold_fails, *commit_fails, *release_fails;

        /* What was done. */
        PromotionQuestion asked; /* last */
        int64_t held_minor;
        bool are_held, are_counted;
        int n_evaluated, n_held, n_committed, n_released;
} Offers;

void offers_init(Offers *offers);
