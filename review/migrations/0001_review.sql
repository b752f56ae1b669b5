-- Reviews with their history, the ratings of products, and the requests to customers whose orders came.
-- Ids compare byte by byte, as cursors of lists do.

-- A domain's rule is kept ready; a table's CHECK is read anew by every statement that writes.
CREATE DOMAIN review_status AS text CHECK (VALUE IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN'));
CREATE DOMAIN request_status AS text CHECK (VALUE IN ('SCHEDULED', 'SENT', 'SKIPPED', 'TAKEN_BACK'));

CREATE TABLE reviews (
        review_id     text COLLATE "C" PRIMARY KEY,
        version       bigint NOT NULL CHECK (version > 0),
        product_id    text COLLATE "C" NOT NULL,
        customer_id   text COLLATE "C" NOT NULL,
        order_id      text COLLATE "C",
        seller_id     text, -- of the order's line
        rating        bigint NOT NULL CHECK (rating BETWEEN 1 AND 5),
        title         text NOT NULL,
        body          text NOT NULL,
        status        review_status NOT NULL,
        status_reason text,
        is_verified   boolean NOT NULL,
        reply         text,
        replied_at    timestamptz,
        created_at    timestamptz NOT NULL,
        submitted_at  timestamptz NOT NULL, -- when title and body were written
        CONSTRAINT reviews_verified CHECK (NOT is_verified OR order_id IS NOT NULL),
        CONSTRAINT reviews_reason   CHECK ((status = 'REJECTED') = (status_reason IS NOT NULL)),
        CONSTRAINT reviews_reply    CHECK ((reply IS NULL) = (replied_at IS NULL))
);

CREATE UNIQUE INDEX reviews_one_per_customer ON reviews (customer_id, product_id) WHERE status <> 'WITHDRAWN';

-- What lists walk: of a product by age and by rating, of a customer, of all, and what waits for an admin.
CREATE INDEX reviews_of_product ON reviews (product_id, created_at, review_id) WHERE status = 'APPROVED';
CREATE INDEX reviews_of_product_by_rating ON reviews (product_id, rating, created_at, review_id)
        WHERE status = 'APPROVED';
CREATE INDEX reviews_of_customer ON reviews (customer_id, created_at, review_id);
CREATE INDEX reviews_by_age ON reviews (created_at, review_id);
CREATE INDEX reviews_pending ON reviews (submitted_at, review_id) WHERE status = 'PENDING';

-- What an order that is given back takes "verified" from.
CREATE INDEX reviews_verified ON reviews (order_id) WHERE is_verified;

-- One line per version, written with it.
CREATE TABLE review_history (
        review_id     text COLLATE "C" NOT NULL REFERENCES reviews,
        version       bigint NOT NULL,
        status        review_status NOT NULL,
        status_reason text,
        actor         text NOT NULL,
        changed_at    timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (review_id, version)
);

-- How many approved reviews of a product give how many stars; written with the review that changes it.
CREATE TABLE product_ratings (
        product_id text COLLATE "C" PRIMARY KEY,
        stars_1    bigint NOT NULL CHECK (stars_1 >= 0),
        stars_2    bigint NOT NULL CHECK (stars_2 >= 0),
        stars_3    bigint NOT NULL CHECK (stars_3 >= 0),
        stars_4    bigint NOT NULL CHECK (stars_4 >= 0),
        stars_5    bigint NOT NULL CHECK (stars_5 >= 0)
) WITH (fillfactor = 50); -- every moderation rewrites its row

CREATE TABLE review_requests (
        order_id      text COLLATE "C" PRIMARY KEY,
        customer_id   text NOT NULL,
        status        request_status NOT NULL,
        status_reason text,
        due_at        timestamptz NOT NULL,
        claimed_until timestamptz NOT NULL DEFAULT '-infinity', -- a process is settling it until then
        settled_at    timestamptz, -- sent or skipped
        taken_back_at timestamptz, -- the order was cancelled or given back
        created_at    timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT review_requests_reason  CHECK ((status = 'SKIPPED') = (status_reason IS NOT NULL)),
        CONSTRAINT review_requests_settled CHECK ((status IN ('SENT', 'SKIPPED')) = (settled_at IS NOT NULL)),
        CONSTRAINT review_requests_taken   CHECK (status <> 'TAKEN_BACK' OR taken_back_at IS NOT NULL)
);

CREATE INDEX review_requests_due ON review_requests (due_at) WHERE status = 'SCHEDULED';

-- Only ever written with their request, in one transaction.
CREATE TABLE review_request_products (
        order_id   text COLLATE "C" NOT NULL,
        product_id text COLLATE "C" NOT NULL,
        name       text NOT NULL,
        PRIMARY KEY (order_id, product_id)
);
