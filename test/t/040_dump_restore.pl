# A mesh comes back whole from every kind of dump: what each reader sees of each port, the
# registry, privileges, owners, labels.  The target of all but pg_dumpall does not preload the
# library, which is harder: the labels of schemas come before the extension, so the sessions of
# the restore need the library.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = mesh_node('source');
load_mesh($source, 'mesh');

my %before = (
	sums => port_sums($source, 'mesh'),
	registry => registry($source, 'mesh', without_dropped_roles => 1),
	objects => objects($source, 'mesh'));

# A comparison of nothing with nothing would pass, too.
is_consistent($source, 'mesh', 'before the dump');
like($before{sums}, qr/^ann\/reporting\/.*customer 41 [0-9a-f]{32}$/m, 'a cleared reader sees rows');
like($before{sums}, qr/^bob\/reporting\/.*customer 41 [0-9a-f]{32}$/m, 'a masked reader sees rows');
my %customer = $before{sums} =~ m{^(ann/reporting|bob/reporting|cid/fraud|Sales Team/)/.*All"\.customer (.*)$}mg;
my %different = reverse %customer;
is(keys %different, 4, 'the producer, cleared, token and masked readers see different values')
  or diag(explain \%customer);
like($before{sums}, qr/^bob\/fraud\/.*customer MD002 /m, 'a wrong purpose is refused');
like($before{sums}, qr/^eve\/reporting\/.*customer 42501 /m, 'a role without agreement is refused');
like($before{sums}, qr/^gus\/reporting\/.*orders MD001 /m, 'an agreement that is over is refused');

my $dir = $source->basedir;
my @from = ('--dbname', $source->connstr('mesh'));
$source->command_ok([ 'pg_dumpall', '--globals-only', '--file', "$dir/globals.sql", '--dbname', $source->connstr('postgres') ],
	'pg_dumpall --globals-only');
$source->command_ok([ 'pg_dump', '--file', "$dir/plain.sql", @from ], 'pg_dump, plain');
$source->command_ok([ 'pg_dump', '--format=custom', '--file', "$dir/custom.dump", @from ], 'pg_dump -Fc');
$source->command_ok([ 'pg_dump', '--format=directory', '--jobs=2', '--file', "$dir/directory", @from ],
	'pg_dump -Fd -j2');

# The roles of the target have other OIDs than in the source, and two who have nothing to do
# with the mesh have those of roles that were dropped there.
my $target = mesh_node('target', preload => 0);
my ($leaver, $ghost) = split /\n/, $source->safe_psql('mesh',
	q{SELECT consumer::oid::text FROM datamesh.agreement WHERE consumer::text ~ '^\d+$' ORDER BY id});
$target->safe_psql(
	'postgres', qq{
	DO \$\$
	DECLARE
		wanted oid;
	BEGIN
		FOREACH wanted IN ARRAY ARRAY[$leaver, $ghost]::oid[] LOOP
			LOOP
				EXECUTE format('CREATE ROLE stranger%s', wanted);
				EXIT WHEN (SELECT oid >= wanted FROM pg_roles WHERE rolname = 'stranger' || wanted);
				EXECUTE format('DROP ROLE stranger%s', wanted);
			END LOOP;
		END LOOP;
	END \$\$});
is( $target->safe_psql('postgres', "SELECT string_agg(rolname, ' ' ORDER BY oid) FROM pg_roles WHERE oid IN ($leaver, $ghost)"),
	"stranger$leaver stranger$ghost",
	'the target has roles with the OIDs of roles that were dropped in the source');
restore_server($target, "$dir/globals.sql", 'pg_dumpall --globals-only');

my %restore = (
	plain => [ [ 'psql', '-qX', '-1', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/plain.sql" ] ],
	custom => [ [ 'pg_restore', '--exit-on-error', "$dir/custom.dump" ] ],
	# In one go, parallel workers would build indexes on dm_token() before the keys are there.
	directory => [
		map { [ 'pg_restore', '--exit-on-error', '--jobs=2', "--section=$_", "$dir/directory" ] }
		  qw(pre-data data post-data)
	]);
{
	$target->safe_psql('postgres', 'CREATE DATABASE without');
	$target->command_fails_like([ @{ $restore{plain}[0] }, '-d', $target->connstr('without') ],
		qr/security label provider "datamesh" is not loaded/, 'a restore without the library stops and says so');
}
local $ENV{PGOPTIONS} = '-c session_preload_libraries=datamesh';
for my $kind (sort keys %restore)
{
	$target->safe_psql('postgres', "CREATE DATABASE $kind");
	$target->command_ok([ @$_, '-d', $target->connstr($kind) ], "$kind: restored without an error")
	  for @{ $restore{$kind} };
}
delete $ENV{PGOPTIONS};
compare($target, $_, $_) for sort keys %restore;

# pg_dumpall, into a server that has nothing yet
my $second = mesh_node('second');
$source->command_ok([ 'pg_dumpall', '--file', "$dir/all.sql", '--dbname', $source->connstr('postgres') ], 'pg_dumpall');
restore_server($second, "$dir/all.sql", 'pg_dumpall');
compare($second, 'mesh', 'pg_dumpall');

# Restores what pg_dumpall wrote.  One role is there already, the superuser.
sub restore_server
{
	my ($node, $file, $name) = @_;
	my $superuser = $node->safe_psql('postgres', 'SELECT quote_ident(current_user)');
	my $text = slurp_file($file);

	$text =~ s/^CREATE ROLE \Q$superuser\E;$//m or die "$file does not create role $superuser\n";
	append_to_file("$file.changed", $text);
	$node->command_ok(
		[ 'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-f', "$file.changed", '-d', $node->connstr('postgres') ],
		"$name: restored without an error");
	return;
}

# Compares a restored database with the source.
sub compare
{
	my ($node, $database, $kind) = @_;

	same_lines(port_sums($node, $database), $before{sums}, "$kind: every reader sees the same of every port");
	same_lines(registry($node, $database, without_dropped_roles => 1), $before{registry}, "$kind: the registry shows the same");
	same_lines(objects($node, $database), $before{objects}, "$kind: owners, privileges, labels, definitions are the same");
	is_consistent($node, $database, $kind);
	return;
}

# Rules are kept at the write, and what was set aside is there.
is($target->safe_psql('plain', q{
	INSERT INTO sales.reading VALUES (5, -1, 'm'), (6, 1, 'm');
	SELECT string_agg(format('%s %s', id, value), ', ' ORDER BY id) FROM sales.reading_quarantine}),
	'3 -7, 5 -1', 'a restored rule sets rows aside, beside those from before');
like(try_sql($target, 'plain', q{INSERT INTO sales.reading VALUES (7, 1, 'mile')}), qr/^23514: /, 'a restored rule refuses');
like(try_sql($target, 'plain', q{INSERT INTO sales.reading1 (id, value) VALUES (8, 1)}), qr/^23514: /,
	'a restored rule judges the rows of a statement');

# A dropped role is a number in a dump; it must not come to mean somebody else.
my $name = 'a role that was dropped before the dump';
is($target->safe_psql('plain', q{
	SELECT count(*) FROM datamesh.agreements WHERE consumer::text ~ 'stranger'}),
	0, "$name: no other role takes its place in the agreements");
is(try_sql($target, 'plain', qq{
		SET SESSION AUTHORIZATION stranger$ghost;
		SELECT count(*) FROM dm_my_access()}),
	0, "$name: no other role holds its agreement");
$target->safe_psql('plain', q{SET ROLE "Sales Team"; SELECT dm_publish('sales.secret')});
like(try_sql($target, 'plain', qq{
		SET SESSION AUTHORIZATION stranger$ghost; SET datamesh.purpose = 'reporting';
		SELECT count(*) FROM sales_secret_v1.draft}),
	qr/^42501: /, "$name: no other role can read what was agreed with it");

# Life goes on in the restored mesh.
my $newest = $source->safe_psql('mesh', 'SELECT max(id) FROM datamesh.agreement');
my $id = $target->safe_psql('custom', q{
	SET ROLE "Sales Team"; SELECT dm_approve_access(2)});
is($id, $newest + 1, 'a pending request can be approved, and the ids of agreements go on');
like(try_sql($target, 'custom', q{
		SET SESSION AUTHORIZATION eve; SET datamesh.purpose = 'fraud';
		SELECT string_agg(email0, ',') FROM "Customers for All".customer WHERE id = 1}),
	qr/^[0-9a-f]{32}$/, 'the reader has access then, as approved');
my $as_bob = "SET SESSION AUTHORIZATION bob; SET datamesh.purpose = 'reporting'";
is(try_sql($target, 'custom', qq{$as_bob; SELECT amount FROM "Customers for All".customer WHERE id = 2}),
	'2.50', 'a column that is not classified is in clear');
is( $target->safe_psql(
		'custom', q{SET ROLE "Sales Team"; SELECT dm_classify('sales.customer', 'amount', 'confidential')}),
	'confidential', 'a column can be classified');
is(try_sql($target, 'custom', qq{$as_bob; SELECT amount IS NULL FROM "Customers for All".customer WHERE id = 2}),
	't', 'and is masked then');
$target->safe_psql('custom', q{SET ROLE governor; SELECT dm_alter_tag('site.code', mask => 'gov.mask_code(3)')});
is(try_sql($target, 'custom', qq{$as_bob; SELECT code FROM "Customers for All".customer WHERE id = 2}),
	'cod-5', 'a function that is a mask is still one');
$target->safe_psql('custom', 'ALTER SCHEMA gov RENAME TO governance');
is(try_sql($target, 'custom', q{SET ROLE "Sales Team"; SELECT dm_classify('sales.customer', 'code', 'site.code', 'internal')}),
	'site.code, internal', "also when its schema was renamed");
is(try_sql($target, 'custom', qq{$as_bob; SELECT code FROM "Customers for All".customer WHERE id = 2}),
	'cod-5', 'and is applied');
$target->safe_psql('custom', 'ALTER SCHEMA governance RENAME TO gov');
$target->safe_psql('custom', q{SET ROLE governor; SELECT dm_rotate_key('ref_key')});
is($target->safe_psql('custom', q{SELECT id FROM datamesh.token_keys WHERE current AND key = 'ref_key'}),
	'ref_key.3', 'a key can be rotated on');
$target->safe_psql('custom', q{
	SET ROLE "Sales Team"; SELECT dm_revoke_access(id) FROM datamesh.agreements WHERE consumer = 'bob'::regrole});
like(try_sql($target, 'custom', qq{$as_bob; SELECT count(*) FROM "Customers for All".customer}),
	qr/^42501: /, 'a restored agreement can be revoked');
$target->safe_psql('custom', q{
	SET ROLE hr_team;
	SELECT dm_register_product('hr.more'), dm_add_port('hr.more', 'hr.person'), dm_publish('hr.more');
	SELECT dm_deprecate('hr.people'); SELECT dm_retire('hr.people')});
is($target->safe_psql('custom', q{
	SELECT string_agg(name || ' ' || status, ', ' ORDER BY name) FROM datamesh.products WHERE domain = 'hr'}),
	'hr.more active, hr.old retired, hr.people retired, hr.plans proposed', 'products are made and retired');
like(try_sql($target, 'custom', 'DROP VIEW sales_orders_v2.orders'),
	qr/^MD003: /, 'ports are guarded');
like(try_sql($target, 'custom', 'DROP EXTENSION datamesh CASCADE'),
	qr/^2BP01: /, 'so is the extension');
is_consistent($target, 'custom', 'after all that');

# A dump has no labels of the server's own functions.  Such a mask must be refused, or come back.
$source->safe_psql('postgres', 'CREATE DATABASE builtin');
$source->safe_psql(
	'builtin', q{
	CREATE EXTENSION datamesh;
	CREATE TABLE t AS SELECT 'a'::text AS a, 'b'::text AS b});
if ($source->psql('builtin', q{SELECT dm_register_mask('pg_catalog.md5(text)')}) == 0)
{
	$source->safe_psql('builtin', q{SELECT dm_create_tag('md5', mask => 'pg_catalog.md5()')});
	$source->command_ok([ 'pg_dump', '--file', "$dir/builtin.sql", '--dbname', $source->connstr('builtin') ], 'pg_dump');
	$target->safe_psql('postgres', 'CREATE DATABASE builtin');
	$target->command_ok([ @{ $restore{plain}[0] }[0 .. 4], '-f', "$dir/builtin.sql", '-d', $target->connstr('builtin') ],
		'a mesh with a mask of the server: restored without an error');
	is(try_sql($target, 'builtin', q{SELECT dm_classify('t', 'a', 'md5')}),
		'md5', 'a function of the server that is a mask is still one after the restore');
}

# What the restore may, nobody else may.
like(try_sql($target, 'plain', q{
		SET SESSION AUTHORIZATION hr_team; SET check_function_bodies = off;
		SECURITY LABEL FOR datamesh ON SCHEMA hr IS 'domain:sales'}),
	qr/^MD003: /, 'only superusers restore the labels of schemas');

$_->stop for ($source, $target, $second);
for my $node ($source, $target, $second)
{
	unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, 'no crash of server ' . $node->name);
}

done_testing();
