-- Rows of a child are seen through its parent: so are the columns that the child generates.
\set VERBOSITY terse
CREATE ROLE regress_ch_owner;
SELECT dm_create_tag('ch', mask => 'dm_mask_null()');
CREATE SCHEMA ch AUTHORIZATION regress_ch_owner;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_ch_owner', current_database()); END $$;
SET ROLE regress_ch_owner;
CREATE TABLE ch.par (id int, mail text, note text);
CREATE TABLE ch.tagged (note text);
SELECT dm_register_domain('ch', schemas => '{ch}'), dm_register_product('ch.p'), dm_add_port('ch.p', 'ch.par');
SELECT dm_classify('ch.par', 'mail', 'ch'), dm_classify('ch.tagged', 'note', 'ch');
SELECT "column", tags, pg_get_viewdef('ch_p_v1.par') ~ '\mTHEN (par\.)?note\M' AS guarded FROM datamesh.port_columns WHERE product = 'ch.p' AND "column" = 'note';
-- from 16 on a child generates only what its parent generates
SET client_min_messages = warning;
DO $$ BEGIN
	CREATE TABLE ch.generating (note text GENERATED ALWAYS AS (mail) STORED) INHERITS (ch.par);
EXCEPTION WHEN invalid_column_definition THEN
	NULL;
END $$;
SELECT to_regclass('ch.generating') IS NULL OR (tags = '{ch}' AND pg_get_viewdef('ch_p_v1.par') ~ '\mTHEN (par\.)?note\M') AS guarded_or_impossible FROM datamesh.port_columns WHERE product = 'ch.p' AND "column" = 'note';
DROP TABLE IF EXISTS ch.generating;
RESET client_min_messages;
SELECT dm_classify('ch.par', 'mail', 'ch');
CREATE SCHEMA ch2 CREATE TABLE two () INHERITS (ch.par, ch.tagged);
SELECT "column", tags, pg_get_viewdef('ch_p_v1.par') ~ '\mTHEN (par\.)?note\M' AS guarded FROM datamesh.port_columns WHERE product = 'ch.p' AND "column" = 'note';
SELECT dm_retire('ch.p'), dm_drop_domain('ch');
DROP SCHEMA ch2, ch CASCADE;
RESET ROLE;
SELECT dm_drop_tag('ch');
DROP OWNED BY regress_ch_owner;
DROP ROLE regress_ch_owner;
