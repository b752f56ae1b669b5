-- The campaigns of the demo; loading it again changes nothing. Those without a code are for nothing and nobody of the
-- sample order of document 000, so that it comes out to the cent.
INSERT INTO campaigns (campaign_id, version, code, currency, ends_at, max_uses, max_uses_per_customer, budget_minor)
VALUES ('CMP-SUMMER2024', 1, 'SUMMER2024', NULL, NULL, NULL, NULL, NULL),
       ('CMP-WINTER2020', 1, 'WINTER2020', NULL, '2020-03-01Z', NULL, NULL, NULL),
       ('CMP-FUTURE2099', 1, 'FUTURE2099', NULL, NULL, NULL, NULL, NULL),
       ('CMP-BIG1000', 1, 'BIG1000', 'USD', NULL, NULL, NULL, NULL),
       ('CMP-WELCOME5', 1, 'WELCOME5', 'USD', NULL, 1000, 1, 500000),
       ('CMP-PLATINUM10', 1, 'PLATINUM10', 'USD', NULL, NULL, 1, NULL),
       ('CMP-VIP25', 1, 'VIP25', 'USD', NULL, NULL, NULL, NULL),
       ('CMP-STUDENT', 1, NULL, NULL, NULL, NULL, NULL, NULL),
       ('CMP-VINYL', 1, NULL, NULL, NULL, NULL, NULL, NULL),
       ('CMP-NEEDLE', 1, NULL, NULL, NULL, NULL, NULL, NULL),
       ('CMP-CLEARANCE', 1, NULL, 'USD', NULL, NULL, NULL, NULL)
ON CONFLICT (campaign_id) DO NOTHING;

INSERT INTO campaign_versions (campaign_id, version, code, currency, type, discount_type, description, percent_bp,
                               amount_minor, minimum_minor, maximum_minor, starts_at, ends_at, changed_by)
VALUES ('CMP-SUMMER2024', 1, 'SUMMER2024', NULL, 'cart', 'percentage', 'Summer Sale - 10% off', 1000, 0, 0, 0,
        NULL, NULL, 'demo'),
       ('CMP-WINTER2020', 1, 'WINTER2020', NULL, 'cart', 'percentage', 'Winter Sale 2020 - 20% off', 2000, 0, 0, 0,
        '2020-01-01Z', '2020-03-01Z', 'demo'),
       ('CMP-FUTURE2099', 1, 'FUTURE2099', NULL, 'cart', 'percentage', 'From 2099 on - 20% off', 2000, 0, 0, 0,
        '2099-01-01Z', NULL, 'demo'),
       ('CMP-BIG1000', 1, 'BIG1000', 'USD', 'cart', 'percentage', '5% off from 1000.00 USD on', 500, 0, 100000, 0,
        NULL, NULL, 'demo')
ON CONFLICT (campaign_id, version) DO NOTHING;

INSERT INTO campaign_versions (campaign_id, version, code, currency, type, discount_type, description, percent_bp,
                               amount_minor, minimum_minor, maximum_minor, tiers, segments, max_uses,
                               max_uses_per_customer, budget_minor, priority, is_exclusive, changed_by)
VALUES ('CMP-WELCOME5', 1, 'WELCOME5', 'USD', 'cart', 'fixed_amount', 'Welcome - 5.00 USD off', 0, 500, 0, 0,
        '{}', '{}', 1000, 1, 500000, 0, false, 'demo'),
       ('CMP-PLATINUM10', 1, 'PLATINUM10', 'USD', 'customer', 'fixed_amount', '10.00 USD off for platinum', 0, 1000,
        10000, 0, '{platinum}', '{}', NULL, 1, NULL, 10, false, 'demo'),
       ('CMP-VIP25', 1, 'VIP25', 'USD', 'customer', 'percentage', '25% off, at most 100.00 USD', 2500, 0, 0, 10000,
        '{}', '{vip}', NULL, NULL, NULL, 100, true, 'demo'),
       ('CMP-STUDENT', 1, NULL, NULL, 'customer', 'percentage', '5% off for students', 500, 0, 0, 0,
        '{}', '{student}', NULL, NULL, NULL, 0, false, 'demo')
ON CONFLICT (campaign_id, version) DO NOTHING;

INSERT INTO campaign_versions (campaign_id, version, currency, type, discount_type, description, percent_bp,
                               amount_minor, buy_quantity, get_quantity, get_product_id, product_ids, category_ids,
                               changed_by)
VALUES ('CMP-VINYL', 1, NULL, 'catalog', 'buy_x_get_y', 'Three records for the price of two', 10000, 0, 2, 1, NULL,
        '{}', '{CAT-VINYL}', 'demo'),
       ('CMP-NEEDLE', 1, NULL, 'catalog', 'buy_x_get_y', 'A needle at half price with each turntable', 5000, 0, 1, 1,
        'PROD-NEEDLE', '{}', '{CAT-TURNTABLES}', 'demo'),
       ('CMP-CLEARANCE', 1, 'USD', 'catalog', 'fixed_amount', '20.00 USD off the last cassette decks', 0, 2000, 0, 0,
        NULL, '{PROD-CASSETTE}', '{}', 'demo')
ON CONFLICT (campaign_id, version) DO NOTHING;
