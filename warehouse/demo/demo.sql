-- The stock of the demo: every product that the catalog sells, in four warehouses. Loading it again changes nothing.
WITH product (sku, product_id) AS (
        VALUES
                ('SKU-AUD-101', 'PROD-20001'), ('SKU-AUD-102', 'PROD-20002'), ('SKU-AUD-103', 'PROD-20003'), ('SKU-AUD-104', 'PROD-20004'),
                ('SKU-AUD-105', 'PROD-20005'), ('SKU-AUD-106', 'PROD-20006'), ('SKU-PHO-201', 'PROD-20007'), ('SKU-PHO-202', 'PROD-20008'),
                ('SKU-PHO-203', 'PROD-20009'), ('SKU-PHO-204', 'PROD-20010'), ('SKU-PHO-205', 'PROD-20011'), ('SKU-PHO-206', 'PROD-20012'),
                ('SKU-ELE-301', 'PROD-20013'), ('SKU-ELE-302', 'PROD-20014'), ('SKU-ELE-303', 'PROD-20015'), ('SKU-ELE-304', 'PROD-20016'),
                ('SKU-ELE-305', 'PROD-20017'), ('SKU-ELE-306', 'PROD-20018'), ('SKU-ELE-307', 'PROD-20019'), ('SKU-HOM-401', 'PROD-20020'),
                ('SKU-HOM-402', 'PROD-20021'), ('SKU-HOM-403', 'PROD-20022'), ('SKU-HOM-404', 'PROD-20023'), ('SKU-HOM-405', 'PROD-20024'),
                ('SKU-HOM-406', 'PROD-20025'), ('SKU-HOM-407', 'PROD-20026'), ('SKU-KIT-501', 'PROD-20027'), ('SKU-KIT-502', 'PROD-20028'),
                ('SKU-KIT-503', 'PROD-20029'), ('SKU-KIT-504', 'PROD-20030'), ('SKU-KIT-505', 'PROD-20031'), ('SKU-KIT-506', 'PROD-20032'),
                ('SKU-KIT-507', 'PROD-20033'), ('SKU-KIT-508', 'PROD-20034'), ('SKU-SPO-601', 'PROD-20035'), ('SKU-SPO-602', 'PROD-20036'),
                ('SKU-SPO-603', 'PROD-20037'), ('SKU-SPO-604', 'PROD-20038'), ('SKU-SPO-605', 'PROD-20039'), ('SKU-SPO-606', 'PROD-20040'),
                ('SKU-SPO-607', 'PROD-20041'), ('SKU-SPO-608', 'PROD-20042'), ('SKU-BOO-701', 'PROD-20043'), ('SKU-BOO-702', 'PROD-20044'),
                ('SKU-BOO-703', 'PROD-20045'), ('SKU-BOO-704', 'PROD-20046'), ('SKU-BOO-705', 'PROD-20047'), ('SKU-BOO-706', 'PROD-20048'),
                ('SKU-TOY-801', 'PROD-20049'), ('SKU-TOY-802', 'PROD-20050'), ('SKU-TOY-803', 'PROD-20051'), ('SKU-TOY-804', 'PROD-20052'),
                ('SKU-TOY-805', 'PROD-20053'), ('SKU-TOY-806', 'PROD-20054'), ('SKU-TOY-807', 'PROD-20055')
), received AS (
        INSERT INTO stock (sku, warehouse_id, product_id, on_hand, low_stock_threshold)
        VALUES ('SKU-ABC-001', 'US-WEST-01', 'PROD-67890', 100000, 100),
               ('SKU-DEF-002', 'US-WEST-01', 'PROD-11111', 100000, 100),
               ('SKU-SHORT-001', 'US-WEST-01', 'PROD-SHORT', 1, 0)
        UNION ALL
        SELECT sku, warehouse_id, product_id, on_hand, 10
          FROM product, (VALUES ('US-WEST-01', 500), ('US-EAST-01', 300),
                                ('EU-CENTRAL-01', 200), ('VN-SOUTH-01', 100)) AS warehouse (warehouse_id, on_hand)
        ON CONFLICT (sku, warehouse_id) DO NOTHING
        RETURNING sku, warehouse_id, on_hand
)
INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, reason, actor)
SELECT sku, warehouse_id, 'received', on_hand, on_hand, 'demo', 'demo' FROM received;
