-- Rules that are kept at the write.

CREATE OR REPLACE FUNCTION datamesh.guard_set_aside()
RETURNS trigger AS 'MODULE_PATHNAME', 'dm_set_aside'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.guard_set_aside() IS 'internal: writes a row that breaks rules in mode quarantine into the side table';

CREATE OR REPLACE FUNCTION datamesh.guard_statement()
RETURNS trigger AS 'MODULE_PATHNAME', 'dm_guard_statement'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.guard_statement() IS 'internal: measures rules in mode reject on the rows of a statement';

CREATE OR REPLACE FUNCTION @extschema@.dm_release_quarantine(relation regclass, ids bigint[] DEFAULT NULL, OUT released bigint, OUT kept bigint)
RETURNS record AS 'MODULE_PATHNAME', 'dm_release_quarantine'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_release_quarantine(regclass, bigint[]) IS
	'puts rows that were set aside, all or those with these numbers, back into the table; those that fail again stay, with the new reason';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_quarantine(relation regclass, discard boolean DEFAULT false)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_drop_quarantine'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_quarantine(regclass, boolean) IS
	'drops the side table of a relation that has no rule in mode quarantine any more; with discard, the rows in it, too; returns their number';

CREATE OR REPLACE FUNCTION @extschema@.dm_validate_rules(relation regclass, OUT rule text, OUT "constraint" text, OUT state text, OUT detail text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_validate_rules'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_validate_rules(regclass) IS
	'validates the constraints of rules in mode reject against the rows that were there before: valid, validated or violated';

CREATE OR REPLACE FUNCTION datamesh.quarantine_count(side regclass)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_quarantine_count'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.quarantine_count(regclass) IS 'internal: number of rows in a side table; NULL for those without its owner''s rights';

-- For members of the relation's domain, and auditors: roles that may read the table itself.
CREATE OR REPLACE VIEW datamesh.quarantines AS
SELECT q.relation, q.side,
	ARRAY(SELECT r.name FROM datamesh.quality_rule r
		  WHERE r.relation = q.relation AND r.mode = 'quarantine' ORDER BY r.name) AS rules,
	datamesh.quarantine_count(q.side) AS rows,
	q.created_at, q.created_by
FROM datamesh.quarantine q
	JOIN pg_class c ON c.oid = q.relation
	LEFT JOIN pg_seclabel l ON l.provider = 'datamesh' AND l.objoid = c.relnamespace
		AND l.classoid = 'pg_namespace'::regclass AND l.label LIKE 'domain:%'
	LEFT JOIN datamesh.domain d ON d.name = substr(l.label, 8)
WHERE pg_has_role(c.relowner, 'USAGE')
	OR pg_has_role(d.owner, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.quarantine'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.quarantines IS
	'tables whose failing rows are set aside, with the number of rows for those who have the owner''s rights';
GRANT SELECT ON datamesh.quarantines TO PUBLIC;
