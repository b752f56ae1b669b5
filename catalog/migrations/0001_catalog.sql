-- Products, their sellers and categories, who changed what, and the number that says that something did.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE sellers (
        seller_id  text COLLATE "C" PRIMARY KEY, -- the subject of the seller's tokens
        name       text NOT NULL CHECK (name <> ''),
        active     boolean NOT NULL DEFAULT true,
        version    bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
);

-- A category is never moved, and its parent is there before it: so none is above itself.
CREATE TABLE categories (
        category_id text COLLATE "C" PRIMARY KEY,
        name        text NOT NULL CHECK (name <> ''),
        parent_id   text COLLATE "C" REFERENCES categories,
        version     bigint NOT NULL DEFAULT 1 CHECK (version = 1),
        created_at  timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT categories_parent_check CHECK (parent_id <> category_id)
);

CREATE INDEX categories_by_parent ON categories (parent_id);

CREATE TABLE products (
        product_id       text COLLATE "C" PRIMARY KEY,
        sku              text COLLATE "C" NOT NULL CONSTRAINT products_sku_key UNIQUE,
        name             text NOT NULL CHECK (name <> ''),
        description      text NOT NULL DEFAULT '',
        attributes       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
        category_id      text COLLATE "C" NOT NULL CONSTRAINT products_category_fkey REFERENCES categories,
        seller_id        text COLLATE "C" NOT NULL CONSTRAINT products_seller_fkey REFERENCES sellers,
        image_url        text NOT NULL DEFAULT '',
        weight_grams     bigint NOT NULL DEFAULT 0 CHECK (weight_grams >= 0),
        length_mm        bigint NOT NULL DEFAULT 0 CHECK (length_mm >= 0),
        width_mm         bigint NOT NULL DEFAULT 0 CHECK (width_mm >= 0),
        height_mm        bigint NOT NULL DEFAULT 0 CHECK (height_mm >= 0),
        tax_class        text NOT NULL DEFAULT 'standard' CHECK (tax_class <> ''),
        base_price_minor bigint NOT NULL CHECK (base_price_minor >= 0),
        currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        active           boolean NOT NULL DEFAULT true,
        version          bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
        created_at       timestamptz NOT NULL DEFAULT now(),
        updated_at       timestamptz NOT NULL DEFAULT now(),
        search           tsvector NOT NULL GENERATED ALWAYS AS
                         (to_tsvector('english', name || ' ' || description) || to_tsvector('simple', sku)) STORED
);

-- One for each way in which products are listed.
CREATE INDEX products_by_age ON products (created_at, product_id);
CREATE INDEX products_by_category ON products (category_id, created_at, product_id);
CREATE INDEX products_by_seller ON products (seller_id, created_at, product_id);

-- Sessions walk indexes only, without bitmaps (runtime/pg/session.c), which GIN has nothing but; GiST can be walked.
CREATE INDEX products_by_words ON products USING gist (search);
CREATE INDEX products_by_name ON products USING gist (name gist_trgm_ops);

-- What was written by whom; rows are only added.
CREATE TABLE product_history (
        subject    text NOT NULL CHECK (subject IN ('product', 'seller', 'category')),
        subject_id text COLLATE "C" NOT NULL,
        version    bigint NOT NULL,
        actor      text NOT NULL,
        content    jsonb NOT NULL, -- the row as it was written
        changed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (subject, subject_id, version)
);

-- Grows with each transaction that changes something above, whoever makes it: answers of an older version are old.
CREATE TABLE catalog_version (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        version  bigint NOT NULL
);

INSERT INTO catalog_version (version) VALUES (1);

CREATE FUNCTION count_catalog_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
        UPDATE catalog_version SET version = version + 1;
        RETURN NULL;
END $$;

CREATE TRIGGER sellers_changed AFTER INSERT OR UPDATE OR DELETE ON sellers
        FOR EACH STATEMENT EXECUTE FUNCTION count_catalog_change();
CREATE TRIGGER categories_changed AFTER INSERT OR UPDATE OR DELETE ON categories
        FOR EACH STATEMENT EXECUTE FUNCTION count_catalog_change();
CREATE TRIGGER products_changed AFTER INSERT OR UPDATE OR DELETE ON products
        FOR EACH STATEMENT EXECUTE FUNCTION count_catalog_change();

-- A text that can be told from the one behind it: how many bytes it has, a colon, the text.
CREATE FUNCTION as_netstring(content text) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT octet_length(content) || ':' || content $$;
