-- Campaigns, the versions of their rules, and what orders hold and have used of them.
-- Ids compare byte by byte, so that the order of locks is the same wherever it is made.

-- A domain's rule is kept ready; a table's CHECK is read anew by every statement that writes.
CREATE DOMAIN campaign_type AS text CHECK (VALUE IN ('cart', 'catalog', 'customer'));
CREATE DOMAIN discount_type AS text CHECK (VALUE IN ('percentage', 'fixed_amount', 'buy_x_get_y'));
CREATE DOMAIN usage_status AS text CHECK (VALUE IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED'));

-- What every order looks at: which version counts, its limits, and how much of them is held or used. NULL: no limit.
CREATE TABLE campaigns (
        campaign_id           text COLLATE "C" PRIMARY KEY,
        version               bigint NOT NULL CHECK (version > 0),
        code                  text COLLATE "C" CONSTRAINT campaigns_code UNIQUE,
        currency              text,
        ends_at               timestamptz,
        max_uses              bigint CHECK (max_uses > 0),
        max_uses_per_customer bigint CHECK (max_uses_per_customer > 0),
        budget_minor          bigint CHECK (budget_minor > 0),
        uses                  bigint NOT NULL DEFAULT 0,
        spent_minor           bigint NOT NULL DEFAULT 0, -- of the amounts in its currency; 0 without one
        created_at            timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT campaigns_uses_check   CHECK (uses >= 0 AND uses <= max_uses),
        CONSTRAINT campaigns_spent_check  CHECK (spent_minor >= 0 AND spent_minor <= budget_minor),
        CONSTRAINT campaigns_budget_check CHECK (budget_minor IS NULL OR currency IS NOT NULL)
) WITH (fillfactor = 30); -- every hold rewrites its row: room for the new version beside the old one

CREATE INDEX campaigns_automatic ON campaigns (campaign_id) WHERE code IS NULL;
CREATE INDEX campaigns_by_age ON campaigns (created_at DESC, campaign_id DESC);

-- The rules. A change is a new row; none is rewritten.
CREATE TABLE campaign_versions (
        campaign_id           text COLLATE "C" NOT NULL REFERENCES campaigns,
        version               bigint NOT NULL,
        type                  campaign_type NOT NULL,
        discount_type         discount_type NOT NULL,
        description           text NOT NULL,
        code                  text,
        currency              text,
        percent_bp            bigint NOT NULL DEFAULT 0,
        amount_minor          bigint NOT NULL DEFAULT 0,
        buy_quantity          bigint NOT NULL DEFAULT 0,
        get_quantity          bigint NOT NULL DEFAULT 0,
        get_product_id        text,
        starts_at             timestamptz,
        ends_at               timestamptz,
        minimum_minor         bigint NOT NULL DEFAULT 0 CHECK (minimum_minor >= 0),
        maximum_minor         bigint NOT NULL DEFAULT 0 CHECK (maximum_minor >= 0),
        tiers                 text[] NOT NULL DEFAULT '{}',
        segments              text[] NOT NULL DEFAULT '{}',
        product_ids           text[] NOT NULL DEFAULT '{}',
        category_ids          text[] NOT NULL DEFAULT '{}',
        max_uses              bigint,
        max_uses_per_customer bigint,
        budget_minor          bigint,
        priority              bigint NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 1000),
        is_exclusive          boolean NOT NULL DEFAULT false,
        changed_at            timestamptz NOT NULL DEFAULT now(),
        changed_by            text NOT NULL,
        PRIMARY KEY (campaign_id, version),
        CONSTRAINT campaign_versions_dates CHECK (starts_at < ends_at AND starts_at > '1970-01-01Z'
                                                  AND ends_at > '1970-01-01Z'),
        CONSTRAINT campaign_versions_discount CHECK (CASE discount_type
                WHEN 'percentage' THEN percent_bp BETWEEN 1 AND 10000 AND amount_minor = 0
                                       AND buy_quantity = 0 AND get_quantity = 0
                WHEN 'fixed_amount' THEN percent_bp = 0 AND amount_minor > 0 AND buy_quantity = 0
                                         AND get_quantity = 0
                ELSE percent_bp BETWEEN 1 AND 10000 AND amount_minor = 0 AND buy_quantity > 0
                     AND get_quantity > 0 END),
        CONSTRAINT campaign_versions_gift CHECK (get_product_id IS NULL OR discount_type = 'buy_x_get_y'),
        CONSTRAINT campaign_versions_currency CHECK (currency IS NOT NULL OR (amount_minor = 0 AND minimum_minor = 0
                                                     AND maximum_minor = 0 AND budget_minor IS NULL)),
        CONSTRAINT campaign_versions_scope CHECK (CASE type
                WHEN 'cart' THEN product_ids = '{}' AND category_ids = '{}'
                WHEN 'catalog' THEN product_ids <> '{}' OR category_ids <> '{}'
                ELSE tiers <> '{}' OR segments <> '{}' END)
);

CREATE TABLE usages (
        order_id      text COLLATE "C" PRIMARY KEY,
        customer_id   text NOT NULL, -- '' of an order that was given back before its hold came; so is the currency
        currency      text NOT NULL,
        status        usage_status NOT NULL,
        expires_at    timestamptz NOT NULL,
        claimed_until timestamptz NOT NULL DEFAULT '-infinity', -- a sweeper is asking about it until then
        created_at    timestamptz NOT NULL DEFAULT now(),
        updated_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

CREATE INDEX usages_held_by_expiry ON usages (expires_at) WHERE status = 'HELD';
-- What the sweep of closed usages walks; one that is committed never has an entry here.
CREATE INDEX usages_closed ON usages (updated_at) WHERE status IN ('RELEASED', 'EXPIRED');

-- Only ever written with their usage, in one statement: a foreign key would cost more than the lines.
CREATE TABLE usage_lines (
        order_id     text COLLATE "C" NOT NULL,
        campaign_id  text COLLATE "C" NOT NULL,
        version      bigint NOT NULL, -- that the order was priced with
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        PRIMARY KEY (order_id, campaign_id)
);

-- How often a customer holds or has used a campaign; protected by the lock of the campaign's row.
CREATE TABLE customer_usages (
        campaign_id text COLLATE "C" NOT NULL,
        customer_id text COLLATE "C" NOT NULL,
        uses        bigint NOT NULL CONSTRAINT customer_usages_uses_check CHECK (uses >= 0),
        PRIMARY KEY (campaign_id, customer_id)
) WITH (fillfactor = 80);
