# pg_upgrade from an older major, and a dump from it: every reader sees the same before
# and after.
#
# The older server is looked for in DM_OLD_BINDIR, else below /usr/lib/postgresql.  It needs
# its development files, since the extension is built for it here.

use strict;
use warnings;

use File::Temp;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $bindir = `pg_config --bindir`;
chomp $bindir;
my $major = major("$bindir/pg_config");
my ($old_bindir) = grep { is_usable($_) } $ENV{DM_OLD_BINDIR} // (sort glob '/usr/lib/postgresql/*/bin');

plan skip_all => "no older PostgreSQL with its development files beside PostgreSQL $major"
  unless defined $old_bindir;
my $old_major = major("$old_bindir/pg_config");

sub major
{
	my ($config) = @_;
	return 0 unless -x $config && `$config --version` =~ /^PostgreSQL (\d+)/;
	return $1;
}

# A server that is older than the one under test, and what is needed to build for it.
sub is_usable
{
	my ($dir) = @_;
	my $version = major("$dir/pg_config");

	return 0 unless $version >= 15 && $version < $major && -x "$dir/postgres" && -x "$dir/initdb";
	my ($pgxs, $include) = split /\n/, `$dir/pg_config --pgxs --includedir-server`;
	return -f $pgxs && -f "$include/postgres.h";
}

# Both servers must agree in these, whatever the defaults of their majors are.
my %init = (extra => [ '--locale=C', '--encoding=UTF8', '--data-checksums' ]);

# What pg_upgrade loads to see whether it can is '$libdir/datamesh', in no other folder.
my ($old_dir, $new_dir) = map { File::Temp->newdir('datamesh-XXXXXX', TMPDIR => 1) } 1 .. 2;
my $old_path = private_server($old_bindir, $old_dir->dirname);
my $new_path = private_server($bindir, $new_dir->dirname);
my $old = mesh_node('old', private => $old_path, init => \%init);
like($old->safe_psql('postgres', 'SHOW server_version'), qr/^$old_major\b/, "the old server is PostgreSQL $old_major");
load_mesh($old, 'mesh');
$old->safe_psql('postgres', 'CREATE DATABASE empty');
$old->safe_psql('empty', 'CREATE SCHEMA api; CREATE EXTENSION datamesh SCHEMA api');

my %before = (
	sums => port_sums($old, 'mesh'),
	registry => registry($old, 'mesh'),
	objects => objects($old, 'mesh', across_majors => 1));
is_consistent($old, 'mesh', "PostgreSQL $old_major");

my $new = mesh_node('new', private => $new_path, init => \%init, start => 0);
# with pg_dump of the new major, as its manual asks for
command_ok([ "$new_path/bin/pg_dump", '--file', $new->basedir . '/mesh.sql', '--dbname', $old->connstr('mesh') ],
	"pg_dump of $old_major by $major");
$old->stop;

my @upgrade = ("$new_path/bin/pg_upgrade", '--no-sync',
	'--old-datadir' => $old->data_dir, '--new-datadir' => $new->data_dir,
	'--old-bindir' => "$old_path/bin", '--new-bindir' => "$new_path/bin",
	'--socketdir' => $new->host, '--old-port' => $old->port, '--new-port' => $new->port);
chdir $PostgreSQL::Test::Utils::tmp_check or die;
command_ok([ @upgrade, '--check' ], "pg_upgrade --check, $old_major to $major");
command_ok(\@upgrade, "pg_upgrade, $old_major to $major") or show_logs();
$new->start;

# Why pg_upgrade failed stands in logs of its own.
sub show_logs
{
	for my $file (glob $new->data_dir . '/pg_upgrade_output.d/*/log/*.log')
	{
		my @errors = grep { /error|ERROR|FATAL/ } split /\n/, slurp_file($file);
		diag("$file: @errors") if @errors;
	}
	return;
}

same_lines(registry($new, 'mesh'), $before{registry}, 'pg_upgrade: dropped roles are the same numbers');
check('mesh', 'pg_upgrade');
is($new->safe_psql('empty', q{
		SELECT extnamespace::regnamespace || ' ' || (SELECT count(*) FROM pg_event_trigger)
		FROM pg_extension WHERE extname = 'datamesh'}),
	'api 3', 'an empty mesh is there as well');
$new->safe_psql('empty', 'DROP EXTENSION datamesh; CREATE EXTENSION datamesh');

$new->safe_psql('postgres', 'CREATE DATABASE restored');
$new->command_ok([ 'psql', '-qX1', '-v', 'ON_ERROR_STOP=1', '-f', $new->basedir . '/mesh.sql', '-d', $new->connstr('restored') ],
	"a dump of PostgreSQL $old_major: restored without an error");
check('restored', 'a dump');
$new->stop;
unlike(slurp_file($new->logfile), qr/PANIC|TRAP|terminated by signal/, 'no crash');
done_testing();

sub check
{
	my ($database, $kind) = @_;

	same_lines(port_sums($new, $database), $before{sums}, "$kind: every reader sees the same of every port");
	same_lines(registry($new, $database, without_dropped_roles => 1),
		$before{registry} =~ s/^agreements .*"consumer": "\d+".*\n//mgr, "$kind: the registry shows the same");
	same_lines(objects($new, $database, across_majors => 1), $before{objects},
		"$kind: owners, privileges, labels are the same");
	is_consistent($new, $database, $kind);

	# life goes on
	my $newest = $new->safe_psql($database, 'SELECT last_value FROM datamesh.agreement_id_seq');
	is($new->safe_psql($database, q{SET ROLE "Sales Team"; SELECT dm_approve_access(2)}), $newest + 1,
		"$kind: a pending request can be approved");
	$new->safe_psql($database, q{SET ROLE "Sales Team"; SELECT dm_classify('sales.customer', 'amount', 'confidential')});
	is( try_sql($new, $database, q{
			SET SESSION AUTHORIZATION eve; SET datamesh.purpose = 'fraud';
			SELECT amount IS NULL FROM "Customers for All".customer WHERE id = 2}),
		't', "$kind: a classification takes effect");
	like(try_sql($new, $database, 'DROP VIEW sales_orders_v2.orders'), qr/^MD003: /, "$kind: ports are guarded");
	is_consistent($new, $database, "$kind, later");
	return;
}
