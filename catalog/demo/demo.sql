-- A shop: 58 products in 8 categories of 4 sellers. The first three are those of document 000 and of the demo of orders.
-- May be loaded again.
WITH added AS (
        INSERT INTO sellers (seller_id, name) VALUES
                ('SELLER-1', 'Northlight Electronics'),
                ('SELLER-2', 'House and Hearth'),
                ('SELLER-3', 'Outdoor Works'),
                ('SELLER-4', 'Lotus Imports')
        ON CONFLICT DO NOTHING RETURNING *)
INSERT INTO product_history (subject, subject_id, version, actor, content)
SELECT 'seller', seller_id, version, 'demo', to_jsonb(added) FROM added;

WITH added AS (
        INSERT INTO categories (category_id, name, parent_id) VALUES
                ('CAT-ELECTRONICS', 'Electronics', NULL),
                ('CAT-AUDIO', 'Audio', 'CAT-ELECTRONICS'),
                ('CAT-PHOTO', 'Photo', 'CAT-ELECTRONICS'),
                ('CAT-HOME', 'Home', NULL),
                ('CAT-KITCHEN', 'Kitchen', 'CAT-HOME'),
                ('CAT-SPORT', 'Sport and outdoors', NULL),
                ('CAT-BOOKS', 'Books', NULL),
                ('CAT-TOYS', 'Toys', NULL)
        ON CONFLICT DO NOTHING RETURNING *)
INSERT INTO product_history (subject, subject_id, version, actor, content)
SELECT 'category', category_id, version, 'demo', to_jsonb(added) FROM added;

-- Base prices are minor units: 24999 USD is 249.99, 450000 VND is 450000.
WITH added AS (
        INSERT INTO products (sku, product_id, name, base_price_minor, currency, category_id, seller_id, description,
                              weight_grams, length_mm, width_mm, height_mm, attributes) VALUES
('SKU-ABC-001', 'PROD-67890', 'Premium Wireless Headphones', 24999, 'USD', 'CAT-AUDIO', 'SELLER-1', 'Over-ear headphones with noise cancelling and 30 hours of battery', 250, 190, 170, 80, '{"color": "black", "connection": "Bluetooth 5.3"}'),
('SKU-DEF-002', 'PROD-11111', 'Portable Bluetooth Speaker', 15000, 'USD', 'CAT-AUDIO', 'SELLER-1', 'Waterproof speaker that plays for 12 hours', 540, 210, 80, 80, '{"color": "blue", "protection": "IP67"}'),
('SKU-SHORT-001', 'PROD-SHORT', 'Limited Edition Turntable', 49900, 'USD', 'CAT-AUDIO', 'SELLER-1', 'Belt-driven turntable, one of a hundred', 6200, 430, 350, 130, '{"color": "walnut", "drive": "belt"}'),
('SKU-AUD-101', 'PROD-20001', 'Wireless Earbuds', 7999, 'USD', 'CAT-AUDIO', 'SELLER-1', 'In-ear buds with a charging case', 60, 70, 50, 30, '{"color": "white", "connection": "Bluetooth 5.2"}'),
('SKU-AUD-102', 'PROD-20002', 'Studio Monitor Headphones', 12900, 'USD', 'CAT-AUDIO', 'SELLER-1', 'Closed headphones for recording, with a coiled cable', 310, 200, 180, 90, '{"color": "black", "connection": "cable"}'),
('SKU-AUD-103', 'PROD-20003', 'Bookshelf Speakers', 18950, 'USD', 'CAT-AUDIO', 'SELLER-1', 'A pair of two-way speakers in a wooden case', 7400, 300, 180, 210, '{"color": "oak", "power": "60 W"}'),
('SKU-AUD-104', 'PROD-20004', 'Soundbar with Subwoofer', 22900, 'EUR', 'CAT-AUDIO', 'SELLER-2', 'Sound for the television, with deep bass', 8900, 900, 120, 90, '{"color": "black", "power": "220 W"}'),
('SKU-AUD-105', 'PROD-20005', 'USB Microphone', 8900, 'USD', 'CAT-AUDIO', 'SELLER-1', 'Condenser microphone for podcasts', 480, 220, 120, 120, '{"color": "silver", "connection": "USB-C"}'),
('SKU-AUD-106', 'PROD-20006', 'Portable Radio', 4450, 'USD', 'CAT-AUDIO', 'SELLER-1', 'FM and DAB+ with a handle', 920, 240, 90, 150, '{"color": "red", "bands": "FM and DAB+"}'),
('SKU-PHO-201', 'PROD-20007', 'Mirrorless Camera', 89900, 'USD', 'CAT-PHOTO', 'SELLER-1', '24 megapixels and video in 4K', 510, 130, 90, 70, '{"color": "black", "sensor": "APS-C"}'),
('SKU-PHO-202', 'PROD-20008', 'Portrait Lens 50 mm', 34900, 'USD', 'CAT-PHOTO', 'SELLER-1', 'A fast lens for portraits', 290, 80, 70, 70, '{"aperture": "f/1.8", "mount": "M"}'),
('SKU-PHO-203', 'PROD-20009', 'Travel Tripod', 6900, 'USD', 'CAT-PHOTO', 'SELLER-1', 'Folds to 40 cm and carries 8 kg', 1350, 400, 110, 110, '{"color": "grey", "material": "aluminium"}'),
('SKU-PHO-204', 'PROD-20010', 'Action Camera', 19900, 'EUR', 'CAT-PHOTO', 'SELLER-2', 'Waterproof to 10 m without a case', 155, 70, 50, 35, '{"color": "black", "protection": "10 m"}'),
('SKU-PHO-205', 'PROD-20011', 'Instant Camera', 9900, 'USD', 'CAT-PHOTO', 'SELLER-1', 'Prints the picture at once', 450, 130, 110, 70, '{"color": "mint", "film": "instant"}'),
('SKU-PHO-206', 'PROD-20012', 'Camera Backpack', 7450, 'USD', 'CAT-PHOTO', 'SELLER-1', 'Room for a camera, four lenses and a laptop', 1400, 460, 300, 180, '{"color": "olive", "volume": "22 l"}'),
('SKU-ELE-301', 'PROD-20013', 'Mechanical Keyboard', 10900, 'USD', 'CAT-ELECTRONICS', 'SELLER-1', 'Tactile switches and a metal frame', 1050, 440, 140, 40, '{"color": "black", "layout": "US"}'),
('SKU-ELE-302', 'PROD-20014', 'Wireless Mouse', 3990, 'USD', 'CAT-ELECTRONICS', 'SELLER-1', 'Quiet buttons and two years of battery', 95, 110, 65, 40, '{"color": "graphite", "connection": "2.4 GHz"}'),
('SKU-ELE-303', 'PROD-20015', '27-inch Monitor', 27900, 'USD', 'CAT-ELECTRONICS', 'SELLER-1', 'An IPS panel with fine colors', 6100, 690, 480, 170, '{"resolution": "2560 x 1440", "panel": "IPS"}'),
('SKU-ELE-304', 'PROD-20016', 'Power Bank 20000 mAh', 4590, 'USD', 'CAT-ELECTRONICS', 'SELLER-1', 'Charges a phone four times', 410, 150, 70, 30, '{"color": "black", "capacity": "20000 mAh"}'),
('SKU-ELE-305', 'PROD-20017', 'USB-C Docking Station', 13900, 'EUR', 'CAT-ELECTRONICS', 'SELLER-2', 'Two displays, network and power over one cable', 390, 230, 80, 30, '{"color": "silver", "ports": "11"}'),
('SKU-ELE-306', 'PROD-20018', 'E-Book Reader', 11900, 'USD', 'CAT-ELECTRONICS', 'SELLER-1', 'A screen like paper, with a warm light', 170, 160, 110, 10, '{"color": "black", "storage": "16 GB"}'),
('SKU-ELE-307', 'PROD-20019', 'Smart Plug', 1690, 'USD', 'CAT-ELECTRONICS', 'SELLER-1', 'Switches and measures what it feeds', 85, 70, 60, 60, '{"color": "white", "load": "16 A"}'),
('SKU-HOM-401', 'PROD-20020', 'Desk Lamp', 5490, 'USD', 'CAT-HOME', 'SELLER-2', 'Dims from warm to cold white', 1200, 400, 180, 180, '{"color": "white", "light": "LED"}'),
('SKU-HOM-402', 'PROD-20021', 'Wool Blanket', 7900, 'USD', 'CAT-HOME', 'SELLER-2', 'Woven of merino wool', 1100, 350, 300, 100, '{"color": "sand", "material": "wool"}'),
('SKU-HOM-403', 'PROD-20022', 'Cotton Bed Linen', 6490, 'EUR', 'CAT-HOME', 'SELLER-2', 'A duvet cover and a pillow case', 1500, 360, 280, 80, '{"color": "light blue", "material": "cotton"}'),
('SKU-HOM-404', 'PROD-20023', 'Wall Clock', 3290, 'USD', 'CAT-HOME', 'SELLER-2', 'A quiet movement behind glass', 780, 320, 320, 50, '{"color": "black", "diameter": "30 cm"}'),
('SKU-HOM-405', 'PROD-20024', 'Storage Basket', 1950, 'USD', 'CAT-HOME', 'SELLER-2', 'Braided of seagrass', 640, 350, 350, 300, '{"color": "natural", "material": "seagrass"}'),
('SKU-HOM-406', 'PROD-20025', 'Lacquer Tray', 450000, 'VND', 'CAT-HOME', 'SELLER-4', 'Painted by hand in Hanoi', 700, 400, 300, 40, '{"color": "red", "material": "lacquered wood"}'),
('SKU-HOM-407', 'PROD-20026', 'Scented Candle', 2400, 'USD', 'CAT-HOME', 'SELLER-2', 'Burns for 45 hours', 520, 90, 90, 110, '{"scent": "cedar", "wax": "soy"}'),
('SKU-KIT-501', 'PROD-20027', 'Chef''s Knife', 8900, 'USD', 'CAT-KITCHEN', 'SELLER-2', 'A blade of 20 cm, forged', 230, 340, 50, 20, '{"material": "steel", "length": "20 cm"}'),
('SKU-KIT-502', 'PROD-20028', 'Cast Iron Pan', 4990, 'USD', 'CAT-KITCHEN', 'SELLER-2', 'For every stove and the oven', 2600, 450, 280, 60, '{"material": "cast iron", "diameter": "28 cm"}'),
('SKU-KIT-503', 'PROD-20029', 'Coffee Grinder', 12900, 'USD', 'CAT-KITCHEN', 'SELLER-2', 'A conical burr with 40 settings', 2900, 350, 160, 190, '{"color": "black", "power": "150 W"}'),
('SKU-KIT-504', 'PROD-20030', 'Espresso Machine', 54900, 'EUR', 'CAT-KITCHEN', 'SELLER-2', 'Heats up in three minutes', 9800, 320, 290, 330, '{"color": "steel", "pressure": "9 bar"}'),
('SKU-KIT-505', 'PROD-20031', 'Phin Coffee Filter', 120000, 'VND', 'CAT-KITCHEN', 'SELLER-4', 'The Vietnamese filter for one cup', 110, 90, 90, 80, '{"material": "steel", "cups": "1"}'),
('SKU-KIT-506', 'PROD-20032', 'Bamboo Steamer', 280000, 'VND', 'CAT-KITCHEN', 'SELLER-4', 'Two baskets and a lid', 620, 250, 250, 160, '{"material": "bamboo", "diameter": "24 cm"}'),
('SKU-KIT-507', 'PROD-20033', 'Kitchen Scale', 2790, 'USD', 'CAT-KITCHEN', 'SELLER-2', 'Weighs up to 5 kg to the gram', 420, 220, 160, 20, '{"color": "white", "limit": "5 kg"}'),
('SKU-KIT-508', 'PROD-20034', 'Glass Containers', 3450, 'USD', 'CAT-KITCHEN', 'SELLER-2', 'Five boxes with lids that close', 2400, 300, 220, 180, '{"material": "glass", "pieces": "5"}'),
('SKU-SPO-601', 'PROD-20035', 'Yoga Mat', 3990, 'USD', 'CAT-SPORT', 'SELLER-3', 'Grips when it is wet, too', 1600, 660, 130, 130, '{"color": "purple", "thickness": "6 mm"}'),
('SKU-SPO-602', 'PROD-20036', 'Running Shoes', 11900, 'USD', 'CAT-SPORT', 'SELLER-3', 'Light shoes for the road', 560, 330, 210, 120, '{"color": "orange", "size": "42"}'),
('SKU-SPO-603', 'PROD-20037', 'Adjustable Dumbbell', 15900, 'USD', 'CAT-SPORT', 'SELLER-3', 'From 2 to 24 kg by turning a dial', 24000, 430, 200, 230, '{"color": "black", "weight": "24 kg"}'),
('SKU-SPO-604', 'PROD-20038', 'Water Bottle', 2490, 'USD', 'CAT-SPORT', 'SELLER-3', 'Keeps cold for a day', 360, 260, 75, 75, '{"color": "green", "volume": "750 ml"}'),
('SKU-SPO-605', 'PROD-20039', 'Camping Tent', 18900, 'USD', 'CAT-SPORT', 'SELLER-3', 'For two, pitched in five minutes', 2700, 460, 170, 170, '{"color": "green", "persons": "2"}'),
('SKU-SPO-606', 'PROD-20040', 'Sleeping Bag', 9490, 'USD', 'CAT-SPORT', 'SELLER-3', 'Warm down to 0 degrees', 1300, 350, 200, 200, '{"color": "blue", "filling": "down"}'),
('SKU-SPO-607', 'PROD-20041', 'Bicycle Helmet', 6490, 'EUR', 'CAT-SPORT', 'SELLER-3', 'With a light at the back', 310, 290, 210, 160, '{"color": "white", "size": "M"}'),
('SKU-SPO-608', 'PROD-20042', 'Trekking Poles', 5990, 'USD', 'CAT-SPORT', 'SELLER-3', 'A pair that folds small', 480, 380, 100, 60, '{"material": "carbon", "length": "120 cm"}'),
('SKU-BOO-701', 'PROD-20043', 'The Art of Baking Bread', 3290, 'USD', 'CAT-BOOKS', 'SELLER-4', 'Sixty recipes with sourdough', 1150, 270, 210, 30, '{"language": "English", "pages": "320"}'),
('SKU-BOO-702', 'PROD-20044', 'A Short History of Maps', 2490, 'USD', 'CAT-BOOKS', 'SELLER-4', 'How the world came onto paper', 640, 240, 160, 25, '{"language": "English", "pages": "288"}'),
('SKU-BOO-703', 'PROD-20045', 'Night Train to Hue', 165000, 'VND', 'CAT-BOOKS', 'SELLER-4', 'A novel', 380, 200, 130, 25, '{"language": "Vietnamese", "pages": "352"}'),
('SKU-BOO-704', 'PROD-20046', 'Birds of the Coast', 2890, 'USD', 'CAT-BOOKS', 'SELLER-4', 'A field guide with 400 drawings', 590, 200, 140, 25, '{"language": "English", "pages": "416"}'),
('SKU-BOO-705', 'PROD-20047', 'Learning to Draw', 1990, 'USD', 'CAT-BOOKS', 'SELLER-4', 'Thirty lessons with a pencil', 720, 280, 210, 15, '{"language": "English", "pages": "160"}'),
('SKU-BOO-706', 'PROD-20048', 'Lined Notebook', 1290, 'USD', 'CAT-BOOKS', 'SELLER-4', 'Paper that takes ink', 310, 210, 150, 15, '{"color": "black", "pages": "192"}'),
('SKU-TOY-801', 'PROD-20049', 'Wooden Building Blocks', 3490, 'USD', 'CAT-TOYS', 'SELLER-3', 'A hundred blocks of beech', 2300, 300, 220, 110, '{"material": "beech", "pieces": "100"}'),
('SKU-TOY-802', 'PROD-20050', 'Model Railway Set', 12900, 'USD', 'CAT-TOYS', 'SELLER-3', 'An oval, an engine and three wagons', 3400, 560, 400, 110, '{"gauge": "H0", "pieces": "34"}'),
('SKU-TOY-803', 'PROD-20051', 'Jigsaw Puzzle', 1990, 'USD', 'CAT-TOYS', 'SELLER-3', 'A thousand pieces of a harbor', 780, 370, 270, 55, '{"motif": "harbor", "pieces": "1000"}'),
('SKU-TOY-804', 'PROD-20052', 'Plush Bear', 2690, 'USD', 'CAT-TOYS', 'SELLER-3', 'Soft, and washable', 350, 300, 200, 180, '{"color": "brown", "height": "35 cm"}'),
('SKU-TOY-805', 'PROD-20053', 'Chess Set', 5490, 'EUR', 'CAT-TOYS', 'SELLER-3', 'Carved pieces in a folding board', 1900, 400, 200, 60, '{"material": "maple", "size": "40 cm"}'),
('SKU-TOY-806', 'PROD-20054', 'Kite', 2290, 'USD', 'CAT-TOYS', 'SELLER-3', 'Flies from a light breeze on', 290, 900, 80, 40, '{"color": "rainbow", "span": "160 cm"}'),
('SKU-TOY-807', 'PROD-20055', 'Science Kit', 3990, 'USD', 'CAT-TOYS', 'SELLER-3', 'Twenty experiments with water and air', 1400, 360, 280, 90, '{"age": "8 and up", "experiments": "20"}')
        ON CONFLICT DO NOTHING RETURNING *)
INSERT INTO product_history (subject, subject_id, version, actor, content)
SELECT 'product', product_id, version, 'demo', to_jsonb(added) - 'search' FROM added;
