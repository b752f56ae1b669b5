#include "server/link_signer.h"

#include "crypt/mac.h"

typedef struct KeySigner {
        LinkSigner base;
        MacKeys *keys;
} KeySigner;

static const char *sign(LinkSigner *self, Arena *arena, const char *text) {
        return crypt_mac_sign(((KeySigner *) self)->keys, arena, text);
}

static bool is_signed(LinkSigner *self, Arena *arena, const char *text, const char *signature) {
        return crypt_mac_holds(((KeySigner *) self)->keys, arena, text, signature);
}

const Error *review_link_signer_new(Arena *arena, const char *key_file, LinkSigner **ret_signer) {
        KeySigner *signer = ARENA_NEW(arena, KeySigner);

        signer->base = (LinkSigner) { .sign = sign, .is_signed = is_signed };
        TRY(crypt_mac_keys_read(arena, key_file, &signer->keys));
        *ret_signer = &signer->base;
        return NULL;
}
