-- Only the text of a port computes tokens for a reader: whatever he writes himself does not, also on columns
-- that he sees in clear.
\set VERBOSITY terse
CREATE ROLE regress_tp_owner;
CREATE ROLE regress_tp_reader;
CREATE SCHEMA tp AUTHORIZATION regress_tp_owner;
SELECT dm_create_key('tp_key'), dm_create_key('tp_other');
SELECT dm_grant_key('tp_key', 'regress_tp_owner'), dm_grant_key('tp_other', 'regress_tp_owner');
SELECT dm_create_tag('tp', mask => 'dm_mask_null()', token_key => 'tp_key'), dm_create_tag('tpnote', 'no mask'), dm_register_purpose('tp');
SET ROLE regress_tp_owner;
CREATE TABLE tp.t (id int, mail text, code varchar(40), uid uuid, num int, big bigint, bin bytea, note text, plain text);
INSERT INTO tp.t VALUES (1, 'a', 'a', '00000000-0000-0000-0000-000000000001', 1, 1, 'a', 'a', 'a');
SELECT dm_register_domain('tp', schemas => '{tp}'), dm_register_product('tp.p', open_ended => true), dm_add_port('tp.p', 'tp.t');
SELECT count(dm_classify('tp.t', c, 'tp')) FROM unnest('{mail,code,uid,num,big,bin}'::name[]) c;
SELECT dm_classify('tp.t', 'note', 'tpnote'), dm_publish('tp.p');
SELECT dm_grant_access('tp.p', 'regress_tp_reader', 'tp', '{tp:token}') AS agreement \gset
RESET ROLE;
SET SESSION AUTHORIZATION regress_tp_reader;
SET datamesh.purpose = 'tp';
SELECT length(mail) AS mail, length(code) AS code, uid IS NOT NULL AS uid, num IS NOT NULL AS num, big IS NOT NULL AS big, length(bin) AS bin, note, plain FROM tp_p_v1.t;
SELECT dm_token(note, 'tp_key') FROM tp_p_v1.t;
SELECT dm_token(note, 'tp_other') FROM tp_p_v1.t;
SELECT dm_token(plain, 'tp_key') FROM tp_p_v1.t;
SELECT dm_token('a', 'tp_key');
SELECT dm_token(v, 'tp_key') FROM (SELECT 'a'::text AS v WHERE datamesh.admits('tp.p')) s;
SELECT id FROM tp_p_v1.t WHERE mail = dm_token(note, 'tp_key');
RESET SESSION AUTHORIZATION;
SET ROLE regress_tp_owner;
SELECT dm_revoke_access(:agreement), dm_grant_access('tp.p', 'regress_tp_reader', 'tp', '{tp}') > 0 AS granted;
RESET ROLE;
SET SESSION AUTHORIZATION regress_tp_reader;
SELECT mail, dm_token(mail, 'tp_key') FROM tp_p_v1.t;
RESET SESSION AUTHORIZATION;
RESET datamesh.purpose;
SELECT dm_deprecate('tp.p'), dm_retire('tp.p'), dm_drop_domain('tp');
DROP SCHEMA tp CASCADE;
SELECT dm_drop_tag('tp'), dm_drop_tag('tpnote'), dm_drop_purpose('tp');
DROP ROLE regress_tp_owner, regress_tp_reader;
