# Contracts lose nothing on their way through a mesh: every contract of test/data/odcs is imported into an
# empty mesh and exported again.  What its own schema calls valid must come in, strictly if dm_lint_contract has
# no error; the others come in leniently, or are refused with their errors and leave nothing behind.

use strict;
use warnings;

use File::Find;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = "$FindBin::RealBin/../data/odcs";
my $node = mesh_node('node');

$node->safe_psql('postgres', 'CREATE DATABASE mesh');
$node->safe_psql(
	'mesh', q{
	CREATE EXTENSION datamesh;
	SELECT dm_load_taxonomy();
	CREATE ROLE team;
	CREATE SCHEMA team AUTHORIZATION team;
	SET ROLE team;
	SELECT dm_register_domain('team', schemas => '{team}')});

# "valid" is the verdict of an independent validator against the version that the contract declares.
my %verdict;
for (split /\n/, slurp_file("$data/verdicts.tsv"))
{
	my ($file, undef, $own) = split /\t/;
	$verdict{$file} = $own;
}

my @files;
find({ no_chdir => 1, wanted => sub { push @files, $_ if /\.odcs\.yaml$/ } }, $data);
cmp_ok(scalar @files, '>', 30, 'there are contracts to try');

my %seen;
for my $file (sort @files)
{
	my ($name) = $file =~ m{^\Q$data\E/(.*)$};
	my $text = slurp_file($file);
	my $valid = ($verdict{$name} // '') eq 'VALID';
	my $errors = $node->safe_psql('mesh', "SELECT count(*) FROM dm_lint_contract(\$odcs\$$text\$odcs\$) WHERE severity = 'error'");
	my $strict = $errors == 0 ? 'true' : 'false';

	die "$name holds the quote\n" if $text =~ /\$odcs\$/;
	$seen{ $verdict{$name} // 'no verdict' }++;
	$seen{strict}++ if $errors == 0;
	# The contract is data of the script, not typed by a shell: its bytes stay as they are.
	my ($status, $out, $err) = $node->psql(
		'mesh', qq{
		\\set VERBOSITY verbose
		SET client_min_messages = error;
		BEGIN;
		CREATE TEMP TABLE given AS SELECT \$odcs\$$text\$odcs\$::text AS doc;
		GRANT SELECT ON given TO team;
		SET ROLE team;
		SELECT dm_import_contract(doc, strict => $strict, domain => 'team') AS product FROM given \\gset
		SELECT 'yaml ' || (dm_yaml_to_jsonb(dm_export_contract(:'product'))::text = dm_yaml_to_jsonb(doc)::text),
			'json ' || (dm_export_contract(:'product', 'json')::jsonb::text = dm_yaml_to_jsonb(doc)::text),
			'original ' || (convert_to(dm_export_contract(:'product', original => true), 'UTF8') = convert_to(doc, 'UTF8'))
		FROM given;
		-- what was exported comes in as the same contract, and goes out as the same text
		SELECT dm_export_contract(:'product') AS first \\gset
		SELECT dm_import_contract(:'first', domain => 'team') = :'product';
		SELECT 'again ' || (dm_export_contract(:'product') = :'first');
		-- every view on it can be read
		SELECT 'views ' || (count(*) = 1) FROM datamesh.contracts;
		SELECT count(*) FROM datamesh.contract_columns;
		SELECT count(*) FROM datamesh.contract_rules;
		SELECT count(*) FROM datamesh.contract_relationships;
		SELECT count(*) FROM datamesh.contract_service_levels;
		SELECT count(*) FROM datamesh.contract_roles;
		SELECT count(*) FROM datamesh.contract_team;
		SELECT count(*) FROM datamesh.contract_support;
		SELECT count(*) FROM datamesh.contract_prices;
		SELECT 'findings ' || (count(*) >= 0) FROM dm_contract_findings(:'product');
		ROLLBACK}, on_error_stop => 1);

	if ($status == 0)
	{
		is_deeply(
			[ sort $out =~ /\b((?:yaml|json|original|again|views|findings) (?:true|false))\b/g ],
			[ 'again true', 'findings true', 'json true', 'original true', 'views true', 'yaml true' ],
			"$name: comes back as it was") or diag($out);
	}
	else
	{
		ok(!$valid, "$name: what is valid is not refused") or diag($err);
		like($err, qr/ERROR:  MD010: .*\nDETAIL:  /, "$name: is refused as a document, with what is wrong");
	}
	is($node->safe_psql('mesh', 'SELECT count(*) FROM datamesh.contract'), '0', "$name: nothing stays of it");
}
cmp_ok($seen{VALID} // 0, '>=', 20, 'contracts that are valid were among them');
cmp_ok($seen{strict} // 0, '>=', 19, 'and such that even a strict import takes');
cmp_ok($seen{INVALID} // 0, '>=', 10, 'and such that are not');

# What its own schema refuses, a strict import refuses, too, with all errors.
for my $file (grep { m{/invalid-} } sort @files)
{
	my ($name) = $file =~ m{^\Q$data\E/(.*)$};
	my $text = slurp_file($file);
	like(
		try_sql($node, 'mesh', "SET ROLE team; SELECT dm_import_contract(\$odcs\$$text\$odcs\$, strict => true, domain => 'team')"),
		qr/^MD010: /, "$name: is refused by a strict import");
}

$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, 'no crash');
done_testing();
