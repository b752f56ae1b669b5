-- What a tier has of its own; one without a row has nothing.
CREATE TABLE tier_benefits (
        tier        customer_tier PRIMARY KEY,
        discount_bp bigint NOT NULL CHECK (discount_bp BETWEEN 0 AND 10000) -- off each order
);
