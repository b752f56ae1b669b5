-- Accounts, their sessions, the logins that failed, and the keys that sign access tokens.
-- What is personal is sealed by the service (bytea: crypt/keyring.h) and found by a keyed hash; no token and no password is
-- here in a form that anybody could use.

CREATE TABLE customers (
        customer_id text COLLATE "C" PRIMARY KEY,
        name        bytea, -- sealed, as all of its kind
        phone       bytea,
        version     bigint NOT NULL DEFAULT 1,
        created_at  timestamptz NOT NULL DEFAULT now(),
        updated_at  timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT customers_id_check CHECK (customer_id ~ '^[!-~]{1,64}$') -- what a token can carry
);

CREATE TABLE accounts (
        account_id    text COLLATE "C" PRIMARY KEY,
        customer_id   text COLLATE "C" UNIQUE REFERENCES customers, -- NULL: the account is no customer's
        email         bytea NOT NULL,
        email_hash    bytea NOT NULL UNIQUE,
        password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
        roles         text[] NOT NULL,
        active        boolean NOT NULL DEFAULT true,
        created_at    timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT accounts_id_check CHECK (account_id ~ '^[!-~]{1,64}$'),
        CONSTRAINT accounts_roles_check CHECK (roles <@ '{customer,seller,admin}' AND cardinality(roles) > 0),
        CONSTRAINT accounts_customer_check CHECK (('customer' = ANY (roles)) = (customer_id IS NOT NULL))
);

-- A login until its last token is over. Its refresh tokens follow each other: each is used once, and then has a successor.
CREATE TABLE refresh_families (
        family_id  text COLLATE "C" PRIMARY KEY,
        account_id text COLLATE "C" NOT NULL REFERENCES accounts,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL, -- of its newest token
        ended_at   timestamptz           -- by a logout, or since a token that was used up came again
);

CREATE INDEX refresh_families_by_age ON refresh_families (expires_at);

CREATE TABLE refresh_tokens (
        token_hash bytea PRIMARY KEY,
        family_id  text COLLATE "C" NOT NULL REFERENCES refresh_families ON DELETE CASCADE,
        expires_at timestamptz NOT NULL,
        used_at    timestamptz
);

CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_by_age ON refresh_tokens (expires_at);

-- Logins that were tried and have not succeeded, whether or not there is such an account: from one host, and from all.
-- login and host are keyed hashes.
CREATE TABLE login_tries (
        login        bytea NOT NULL,
        host         bytea NOT NULL,
        n            bigint NOT NULL,
        since        timestamptz NOT NULL,
        paused_until timestamptz,
        succeeded_at timestamptz,
        PRIMARY KEY (login, host)
) WITH (fillfactor = 70);

CREATE INDEX login_tries_by_age ON login_tries (since);

CREATE TABLE login_totals (
        login bytea PRIMARY KEY,
        n     bigint NOT NULL,
        since timestamptz NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX login_totals_by_age ON login_totals (since);

-- The next count of what is counted for so long since its first.
CREATE FUNCTION next_count(n bigint, since timestamptz, counted_for interval) RETURNS bigint LANGUAGE sql STABLE AS
        $$SELECT CASE WHEN is_over(since + counted_for, counted_for) THEN 1 ELSE n + 1 END$$;

-- A key is published before it signs, and after it signs no more until all that it signed is over.
CREATE TABLE signing_keys (
        kid             text COLLATE "C" PRIMARY KEY,
        x               text NOT NULL,
        y               text NOT NULL,
        private_key     bytea NOT NULL, -- sealed
        created_at      timestamptz NOT NULL DEFAULT now(),
        signs_from      timestamptz NOT NULL,
        signs_until     timestamptz NOT NULL,
        published_until timestamptz NOT NULL,
        CONSTRAINT signing_keys_times_check CHECK (signs_from < signs_until AND signs_until < published_until)
);
