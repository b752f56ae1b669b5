#include "auth/rights_private.h"

#include <string.h>

#include "base/str.h"

#define SERVICE "service:"
#define FOR "for:"

static bool add_role(unsigned *roles, const char *name) {
        Role role = ctx_role_of(name);

        *roles |= role;
        return role && role != ROLE_SERVICE;
}

bool auth_rights_add(Rights *rights, const char *word) {
        if (str_starts_with(word, FOR))
                return add_role(&rights->acts_for, word + strlen(FOR));
        if (!str_starts_with(word, SERVICE))
                return add_role(&rights->roles, word);
        const char *name = word + strlen(SERVICE);
        if (rights->service[0] || str_is_empty(name) || strlen(name) > RIGHTS_MAX_SERVICE_BYTES)
                return false;
        strcpy(rights->service, name);
        return true;
}

bool auth_rights_allow(const Rights *rights, const TokenClaims *claims) {
        if (claims->roles & ROLE_SERVICE)
                return claims->roles == ROLE_SERVICE && str_equal(claims->subject, rights->service);
        return (claims->roles & ~rights->roles) == 0;
}
