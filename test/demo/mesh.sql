-- The products of the other three teams.  Run after the steward and the customers' team
-- have done their part in demo.sql; the calls are the same as theirs.

-- rentals: who has which disc, and the shops with their staff
SET SESSION AUTHORIZATION rentals_team;
SELECT dm_register_domain('rentals', schemas => '{rentals}', description => 'what is rented where',
	producers => '{pagila_app}');

SELECT dm_classify('rentals.rental', 'customer_id', 'pii.account');
SELECT dm_classify('rentals.staff', 'first_name', 'pii.name');
SELECT dm_classify('rentals.staff', 'last_name', 'pii.name');
SELECT dm_classify('rentals.staff', 'email', 'pii.email');
SELECT dm_classify('rentals.staff', 'username', 'pii.account');
SELECT dm_classify('rentals.staff', 'password', 'pii.credential', 'restricted');
SELECT dm_classify('rentals.staff', 'picture', 'pii.biometric');

COMMENT ON COLUMN rentals.rental.return_date IS 'null while the disc is out';
SELECT dm_register_product('rentals.history', 'every rental since 2022');
SELECT dm_add_port('rentals.history', 'rentals.rental');
SELECT dm_publish('rentals.history');

-- the password stays at home: it is not among the columns
SELECT dm_register_product('rentals.shops', 'shops and the people in them');
SELECT dm_add_port('rentals.shops', 'rentals.store');
SELECT dm_add_port('rentals.shops', 'rentals.staff',
	columns => '{staff_id, first_name, last_name, email, store_id, active}');
SELECT dm_publish('rentals.shops');

-- inventory: nothing personal here; actors are public figures
SET SESSION AUTHORIZATION inventory_team;
SELECT dm_register_domain('inventory', schemas => '{inventory}', description => 'films and discs',
	producers => '{pagila_app}');
SELECT dm_classify('inventory.film', 'replacement_cost', 'internal');

SELECT dm_register_product('inventory.catalog', 'films, actors and categories', open_ended => true);
SELECT dm_add_port('inventory.catalog', 'inventory.film');
SELECT dm_add_port('inventory.catalog', 'inventory.actor');
SELECT dm_add_port('inventory.catalog', 'inventory.category');
SELECT dm_add_port('inventory.catalog', 'inventory.film_category');
SELECT dm_add_port('inventory.catalog', 'inventory.film_list', name => 'film_overview');
SELECT dm_publish('inventory.catalog');

SELECT dm_register_product('inventory.stock', 'discs in the shops');
SELECT dm_add_port('inventory.stock', 'inventory.inventory', name => 'disc');
SELECT dm_publish('inventory.stock');

-- finance: a partitioned table, a materialized view, a view over tables of other teams
SET SESSION AUTHORIZATION finance_team;
SELECT dm_register_domain('finance', schemas => '{finance}', description => 'what is paid',
	producers => '{pagila_app}');

SELECT dm_classify('finance.payment', 'customer_id', 'pii.account');
-- the same as dm_classify('finance.payment', 'amount', 'finance.amount')
SECURITY LABEL FOR datamesh ON COLUMN finance.payment.amount IS 'finance.amount';

SELECT dm_register_product('finance.payments', 'single payments');
SELECT dm_add_port('finance.payments', 'finance.payment');
SELECT dm_publish('finance.payments');

SELECT dm_register_product('finance.revenue', 'revenue by category and by shop');
SELECT dm_add_port('finance.revenue', 'finance.rental_by_category');
SELECT dm_add_port('finance.revenue', 'finance.sales_by_store');
SELECT dm_publish('finance.revenue');

RESET SESSION AUTHORIZATION;
