-- What a product promises of its changes, and how strictly that is watched: who may say so, and that
-- promising less leaves a record.
CREATE ROLE regress_vm_team;
CREATE ROLE regress_vm_reader;
CREATE SCHEMA vm AUTHORIZATION regress_vm_team;
SET ROLE regress_vm_team;
SELECT dm_register_domain('vm', schemas => '{vm}');
SELECT dm_register_product('vm.items');
SELECT name, compatibility, contract_mode FROM datamesh.products WHERE domain = 'vm';

-- other names, and none
SELECT dm_alter_product('vm.items', compatibility => 'SIDEWARD');
SELECT dm_alter_product('vm.items', contract_mode => 'strict');
SELECT dm_alter_product('vm.items', contract_mode => '');

-- more is no lowering, whatever the case of the letters
SELECT dm_alter_product('vm.items', compatibility => 'full_transitive', contract_mode => 'REFUSE');
SELECT compatibility, contract_mode FROM datamesh.products WHERE name = 'vm.items';
SELECT kind, object, old, new, reason FROM datamesh.governance_changes WHERE domain = 'vm' ORDER BY id;

-- less is: a direction less, one version instead of all, the other direction
SET datamesh.change_reason = 'TICKET-1';
SELECT dm_alter_product('vm.items', compatibility => 'FULL');
SELECT dm_alter_product('vm.items', compatibility => 'BACKWARD_TRANSITIVE');
SELECT dm_alter_product('vm.items', compatibility => 'FULL');
SELECT dm_alter_product('vm.items', compatibility => 'FORWARD_TRANSITIVE');
SELECT dm_alter_product('vm.items', compatibility => 'BACKWARD');
SELECT dm_alter_product('vm.items', compatibility => 'BACKWARD');
SELECT dm_alter_product('vm.items', compatibility => 'NONE');
SELECT dm_alter_product('vm.items', compatibility => 'FORWARD');
SELECT dm_alter_product('vm.items', contract_mode => 'warn');
SELECT dm_alter_product('vm.items', contract_mode => 'off');
SELECT dm_alter_product('vm.items', contract_mode => 'default');
SELECT compatibility, contract_mode FROM datamesh.products WHERE name = 'vm.items';
SELECT kind, object, old, new, reason FROM datamesh.governance_changes WHERE domain = 'vm' ORDER BY id;
RESET datamesh.change_reason;

-- the setting is no matter of the team; what counts is what is in force
SET datamesh.contract_mode = off;
RESET ROLE;
SET datamesh.contract_mode = off;
SELECT dm_alter_product('vm.items', contract_mode => 'warn');
SET datamesh.contract_mode = sometimes;
SELECT dm_alter_product('vm.items', contract_mode => 'default');
SELECT kind, old, new FROM datamesh.governance_changes WHERE domain = 'vm' ORDER BY id DESC LIMIT 1;
RESET datamesh.contract_mode;

-- only managers, and not once it is retired
SET ROLE regress_vm_reader;
SELECT dm_alter_product('vm.items', contract_mode => 'off');
SELECT * FROM datamesh.contract;
SELECT product, version FROM datamesh.contract_versions WHERE product = 'vm.items';
SET ROLE regress_vm_team;
SELECT dm_retire('vm.items');
SELECT dm_alter_product('vm.items', compatibility => 'NONE');
SELECT dm_drop_domain('vm');
RESET ROLE;
DROP SCHEMA vm;
DROP ROLE regress_vm_team, regress_vm_reader;
