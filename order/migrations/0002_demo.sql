-- The books of services that do not exist yet: catalog, customer, promotion, shipping, tax. Deleted with demo_books.c.

CREATE TABLE demo_products (
        sku text PRIMARY KEY,
        product_id text NOT NULL,
        name text NOT NULL,
        unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
        currency text NOT NULL,
        active boolean NOT NULL DEFAULT true
);

CREATE TABLE demo_tiers (
        tier text PRIMARY KEY,
        discount_bp bigint NOT NULL CHECK (discount_bp BETWEEN 0 AND 10000)
);

CREATE TABLE demo_customers (
        customer_id text PRIMARY KEY,
        name text NOT NULL,
        email text NOT NULL,
        tier text NOT NULL REFERENCES demo_tiers,
        active boolean NOT NULL DEFAULT true
);

CREATE TABLE demo_promotions (
        code text PRIMARY KEY,
        discount_bp bigint NOT NULL CHECK (discount_bp BETWEEN 0 AND 10000),
        minimum_minor bigint NOT NULL DEFAULT 0,
        starts_at timestamptz NOT NULL DEFAULT '-infinity',
        ends_at timestamptz NOT NULL DEFAULT 'infinity'
);

CREATE TABLE demo_shipping_rates (
        method text NOT NULL,
        country text NOT NULL,
        cost_minor bigint NOT NULL CHECK (cost_minor >= 0),
        days integer NOT NULL,
        PRIMARY KEY (method, country)
);

CREATE TABLE demo_taxes (
        country text NOT NULL,
        state text NOT NULL,
        ppm bigint NOT NULL CHECK (ppm BETWEEN 0 AND 1000000),
        PRIMARY KEY (country, state)
);
