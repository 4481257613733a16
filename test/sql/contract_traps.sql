-- Where text, schema and real contracts disagree: what a lenient import makes of it, with a warning for
-- each bend, and that a strict one refuses the same.
CREATE ROLE regress_cm_team;
GRANT CREATE ON DATABASE :"DBNAME" TO regress_cm_team;
CREATE SCHEMA cm_sales AUTHORIZATION regress_cm_team;
SELECT dm_register_domain('cm_sales', 'regress_cm_team', ARRAY['cm_sales']);
SET ROLE regress_cm_team;
CREATE TABLE cm_sales.customers (id integer, code text, amount numeric, at timestamptz);
SELECT $yaml$
apiVersion: v3.1.0
kind: DataContract
id: traps
version: 1.0                      # T15: a number
status: production                # T11
domain: cm_sales
dataProduct: traps
description: what used to be text
team:                             # T8
- username: ann
  dateIn: 2022-08-02              # T15: stays text
schema:
- name: customers
  columns:                        # T13
  - name: id
    logicalType: integer
    physicalType: int4            # T16
    isNullable: false             # T13
    isUnique: true
    primaryKeyPosition: "1"
    logicalTypeOptions:
      minimum: 0
      exclusiveMinimum: true      # T14
  - name: code
    logicalType: string
    physicalType: varchar[50]     # T16
    examples: [1.10, no]          # T15
    tags: one
    logicalTypeOptions:
      enum: [a, b]                # T12
    quality:
    - metric: nullValues
      dimension: cp               # T7
      mustBeGreaterOrEqualTo: 0   # T1
      mustBeLessThan: 10
    - metric: invalidValues
      pattern: ^[a-z]$            # T6
      arguments: {}
      mustBeBetween: [0, 5]       # T2
    - type: sql
      query: SELECT true
      mustBe: true                # T3
  - name: amount
    logicalType: number
    required: "yes"
    logicalTypeOptions: {precision: 10, scale: 2}
  - name: at
    logicalType: timestamp
    relationships:
    - to: customers.id.deep.er    # T5
      description: none           # T4
slaProperties:
- {property: freshness, value: 30, unit: m, element: customers.at}   # T9, T10
- {property: re, value: 6, unit: m, element: customers.at}
- {property: timeOfAvailability, value: 09:00-08:00}                 # T15: no sexagesimal
$yaml$ AS odcs \gset
SELECT dm_import_contract(:'odcs', strict => true);
SELECT dm_import_contract(:'odcs');

-- what it was read as
SELECT property, required, "unique", primary_key_position, logical_type, physical_type, tags
FROM datamesh.contract_columns WHERE product = 'cm_sales.traps' ORDER BY pointer;
SELECT property, metric, expectation, dimension, query FROM datamesh.contract_rules
WHERE product = 'cm_sales.traps' ORDER BY pointer;
SELECT name, property, value, unit, element FROM datamesh.contract_service_levels
WHERE product = 'cm_sales.traps' ORDER BY pointer;

-- the stored document stays as it came
SELECT document = dm_yaml_to_jsonb(:'odcs') AS same FROM datamesh.contracts WHERE product = 'cm_sales.traps';
SELECT dm_export_contract('cm_sales.traps', original => true) = :'odcs' AS same_bytes;
RESET ROLE;
SET client_min_messages = warning;
SELECT dm_retire('cm_sales.traps'), dm_drop_domain('cm_sales') \g /dev/null
DROP SCHEMA cm_sales CASCADE;
REVOKE CREATE ON DATABASE :"DBNAME" FROM regress_cm_team;
DROP ROLE regress_cm_team;
