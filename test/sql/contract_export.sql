-- Contracts go out: canonical, without loss, byte for byte, and to others without what is not for them.
SELECT count(*) > 0 AS loaded FROM dm_load_taxonomy() n WHERE n >= 0;
CREATE ROLE regress_ce_owner;
CREATE ROLE regress_ce_app;
CREATE ROLE regress_ce_reader;
CREATE SCHEMA ce AUTHORIZATION regress_ce_owner;
SET ROLE regress_ce_owner;
SELECT dm_register_domain('ce', schemas => '{ce}', producers => '{regress_ce_app}');
CREATE TABLE ce.customer (id int NOT NULL, email text, address jsonb, country text, born date);
SELECT dm_classify('ce.customer', 'country', 'confidential');
SELECT E'# a comment\nversion: 1.0.0\nkind: DataContract\napiVersion: v3.1.0\nid: ce-customers\nname: customers\nstatus: active\ndomain: ce
unknownKey: {b: 1.10, a: [1e3, -0, "1.10", no, 2022-08-02, 12:30, null, ~, "", [], {}]}
description:
  purpose: |
    several
      lines: #1
  usage: "trailing blank \\u00e9 "
schema:
- name: customer
  properties:
  - {name: id, logicalType: integer, examples: [1, 2]}
  - name: email
    logicalType: string
    classification: pii.email
    examples: [ann@example.org]
    quality:
    - {type: library, metric: invalidValues, arguments: {validValues: [ann@example.org]}, mustBe: 0, unit: percent, severity: error}
    - {type: library, metric: invalidValues, validValues: [bob@example.org], arguments: {pattern: "@"}, mustBe: 0}
    - {type: sql, query: "SELECT count(*) FROM {object} WHERE email = \'bob@example.org\'", mustBe: 0}
  - name: address
    logicalType: object
    properties:
    - {name: street, classification: pii.address, examples: [Main Street 1]}
    - {name: city, examples: [Paris]}
  - name: country
    logicalType: string
    examples: [nl]
    enum: [{value: nl}, {value: de}]
  - {name: born, logicalType: date, examples: ["2000-01-01"]}
  quality:
  - {metric: rowCount, mustBeGreaterThan: 10, mustBeLessThan: 20.50}
  - {type: sql, query: "SELECT count(*) FROM {object} WHERE country = \'de\' AND email = \'bob@example.org\'", mustBe: 0}
  relationships:
  - {from: customer.country, to: countries.code}
team:
  name: ours
  members: [{username: ann, role: Owner, dateIn: "2020-01-01"}]
roles: [{role: reader, access: read, firstLevelApprovers: ann}]
price: {priceAmount: 9.50, priceCurrency: EUR, priceUnit: row}
support: [{channel: "#help", tool: slack, scope: issues, url: "https://example.org"}]
slaProperties: [{property: freshness, value: 4, unit: d, element: customer.id}, {property: ly, value: 1, unit: h}]
' AS text \gset
SELECT dm_import_contract(:'text', domain => 'ce');
SELECT dm_export_contract('ce.customers');
SELECT dm_yaml_to_jsonb(dm_export_contract('ce.customers')) = dm_yaml_to_jsonb(:'text') AS yaml,
       dm_yaml_to_jsonb(dm_export_contract('ce.customers'))::text = dm_yaml_to_jsonb(:'text')::text AS to_the_digit,
       dm_export_contract('ce.customers', 'JSON')::jsonb = dm_yaml_to_jsonb(:'text') AS json,
       dm_export_contract('ce.customers', original => true) = :'text' AS original,
       dm_export_contract('ce.customers', 'json', '1.0.0', true) = :'text' AS original_of_version;
-- what is exported is imported as the same, and exported as the same text
SELECT dm_export_contract('ce.customers') AS first \gset
SELECT dm_import_contract(:'first');
SELECT dm_export_contract('ce.customers') = :'first' AS stable, dm_export_contract('ce.customers', original => true) = :'first' AS original;
SELECT dm_import_contract(dm_export_contract('ce.customers', 'json'));
SELECT dm_export_contract('ce.customers') = :'first' AS stable;

-- views
SELECT product, version, state, api_version, id, name, status, purpose, usage, tags FROM datamesh.contracts WHERE product LIKE 'ce.%';
SELECT object, property, position, "column", logical_type, required, primary_key, classification, pointer FROM datamesh.contract_columns WHERE product LIKE 'ce.%';
SELECT object, property, type, metric, expectation, unit, query, severity, pointer FROM datamesh.contract_rules WHERE product LIKE 'ce.%';
SELECT object, property, type, "from", "to", pointer FROM datamesh.contract_relationships WHERE product LIKE 'ce.%';
SELECT name, property, value, unit, element, pointer FROM datamesh.contract_service_levels WHERE product LIKE 'ce.%';
SELECT role, access, first_level_approvers FROM datamesh.contract_roles WHERE product LIKE 'ce.%';
SELECT team, username, role, date_in FROM datamesh.contract_team WHERE product LIKE 'ce.%';
SELECT channel, tool, scope, url FROM datamesh.contract_support WHERE product LIKE 'ce.%';
SELECT amount, currency, unit FROM datamesh.contract_prices WHERE product LIKE 'ce.%';
-- the old shape of a team, and shapes that nobody has thought of: left out, not an error
BEGIN;
SELECT dm_import_contract(E'apiVersion: v3.0.2\nkind: DataContract\nid: ce-old\nname: old\nversion: 1.0.0\nstatus: active\ndomain: ce\nteam: [{username: bob}]\ndescription: text alone\nroles: nobody\nsupport: [mail, 1]\nprice: free\ntags: one\n');
SELECT purpose, tags FROM datamesh.contracts WHERE product = 'ce.old';
SELECT team, username FROM datamesh.contract_team WHERE product = 'ce.old';
SELECT role FROM datamesh.contract_roles WHERE product = 'ce.old';
SELECT channel FROM datamesh.contract_support WHERE product = 'ce.old';
SELECT amount, unit FROM datamesh.contract_prices WHERE product = 'ce.old';
ROLLBACK;

-- findings: of the document, and of the database against it
SELECT source, severity, pointer, message, line FROM dm_contract_findings('ce.customers') ORDER BY line, col, message;

-- drafts are for the domain's own roles
SET ROLE regress_ce_app;
SELECT length(dm_export_contract('ce.customers', original => true)) > 0 AS all_of_it;
SELECT count(*) FROM dm_contract_findings('ce.customers') WHERE severity = 'error';
SET ROLE regress_ce_reader;
SELECT dm_export_contract('ce.customers');
SELECT dm_export_contract('ce.customers', version => '1.0.0');
SELECT dm_export_contract('ce.customers', original => true);
SELECT * FROM dm_contract_findings('ce.customers');
SELECT count(*) FROM datamesh.contracts WHERE product LIKE 'ce.%';
SELECT count(*) FROM datamesh.contract_columns WHERE product LIKE 'ce.%';
SELECT count(*) FROM datamesh.contract_rules WHERE product LIKE 'ce.%';
SELECT count(*) FROM datamesh.contract_team WHERE product LIKE 'ce.%';
SELECT count(*) FROM datamesh.contract_versions WHERE product LIKE 'ce.%';
-- a condition that tells must not see them either
CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END$$;
SELECT count(*) FROM datamesh.contracts WHERE product LIKE 'ce.%' AND pg_temp.tell(version);
SELECT count(*) FROM datamesh.contract_versions WHERE product LIKE 'ce.%' AND pg_temp.tell(version);

-- published: everybody reads the promise, and none of the values of guarded columns
SET ROLE regress_ce_owner;
SELECT dm_publish('ce.customers');
SET ROLE regress_ce_reader;
SELECT dm_export_contract('ce.customers');
SELECT dm_export_contract('ce.customers', 'json') ~ 'ann@|bob@|Paris|Main Street|"de"' AS leaks;
SELECT dm_export_contract('ce.customers', original => true);
SELECT document::text ~ 'ann@|bob@|Paris|Main Street|"de"' AS leaks FROM datamesh.contracts WHERE product LIKE 'ce.%';
SELECT query FROM datamesh.contract_rules WHERE product LIKE 'ce.%' AND query IS NOT NULL;
SELECT version, state, source IS NULL AS no_source, document::text ~ 'ann@|bob@|Paris|Main Street|"de"' AS leaks FROM datamesh.contract_versions WHERE product LIKE 'ce.%';
SELECT document FROM datamesh.contract;
-- what a label guards since then
SET ROLE regress_ce_owner;
SELECT dm_classify('ce.customer', 'born', 'pii.birth_date');
SET ROLE regress_ce_reader;
SELECT dm_export_contract('ce.customers') ~ '2000-01-01' AS leaks;

-- bad input
SET ROLE regress_ce_owner;
SELECT dm_export_contract(NULL);
SELECT dm_export_contract('ce.customers', NULL);
SELECT dm_export_contract('ce.customers', 'xml');
SELECT dm_export_contract('ce.customers', version => '7');
SELECT dm_export_contract('ce.customer');
SELECT dm_register_product('ce.bare');
SELECT dm_export_contract('ce.bare');
SELECT * FROM dm_contract_findings('ce.bare');
SELECT * FROM dm_contract_findings(NULL);
-- versions of other majors, and what a retired product promised last
SELECT dm_import_contract(E'apiVersion: v3.1.0\nkind: DataContract\nid: ce-customers\nversion: 2.0.0\nstatus: active\ndomain: ce\n');
SELECT dm_export_contract('ce.customers', version => '2.0.0');
SELECT left(dm_export_contract('ce.customers@2', version => '1.0.0'), 10);
SELECT dm_deprecate('ce.customers');
SELECT dm_retire('ce.customers@1');
SELECT left(dm_export_contract('ce.customers@1'), 18);
SELECT product, state FROM datamesh.contracts WHERE product LIKE 'ce.%';
RESET ROLE;

SET client_min_messages = warning;
SELECT count(*) > 0 AS removed FROM dm_remove_mesh(dry_run => false, cascade => true);
DROP FUNCTION pg_temp.tell(text);
DROP SCHEMA ce CASCADE;
DROP ROLE regress_ce_owner, regress_ce_app, regress_ce_reader;
