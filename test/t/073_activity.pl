# Activity counters: what a restart keeps, what a crash loses, transactions that are prepared, and
# servers that do not count.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('activity',
	conf => "max_prepared_transactions = 4\ndatamesh.activity_max = 100\nrestart_after_crash = on\nautovacuum = off");
$node->safe_psql('postgres', 'CREATE DATABASE mesh');
$node->safe_psql(
	'mesh', q{
	CREATE EXTENSION datamesh;
	CREATE SCHEMA shop;
	CREATE TABLE shop.sale (id int);
	CREATE TABLE shop.other (id int);
	SELECT dm_register_domain('shop', schemas => '{shop}')});

sub counted
{
	my ($table) = @_;
	return $node->safe_psql('mesh',
		"SELECT commits, inserted FROM datamesh.activities WHERE relation = 'shop.$table'::regclass");
}

$node->safe_psql('mesh', 'INSERT INTO shop.sale VALUES (1), (2)');
is(counted('sale'), '1|2', 'a commit is counted');
my $last = $node->safe_psql('mesh', q{SELECT last_write FROM datamesh.activities});

# a clean restart keeps what was never flushed
$node->restart;
is(counted('sale'), '1|2', 'a restart keeps the counters');
is($node->safe_psql('mesh', q{SELECT last_write FROM datamesh.activities}), $last, '... and the time of the last write');
ok(!-e $node->data_dir . '/pg_stat/datamesh_activity.stat', 'the file is gone once it was read');
$node->safe_psql('mesh', 'INSERT INTO shop.sale VALUES (3)');
is(counted('sale'), '2|3', 'counting goes on from there');

# a crash keeps what was flushed, and nothing that was made of it twice
$node->safe_psql('mesh', 'SELECT dm_flush_activity()');
$node->safe_psql('mesh', 'INSERT INTO shop.sale VALUES (4)');
crash_server($node);
is(counted('sale'), '2|3', 'a crash loses what was counted since the last flush');
is($node->safe_psql('mesh', 'SELECT count(*) FROM shop.sale'), '4', '... and no rows');
$node->safe_psql('mesh', 'INSERT INTO shop.sale VALUES (5)');
is(counted('sale'), '3|4', 'counting goes on from the flush');

# a damaged file is told of and not believed
$node->safe_psql('mesh', 'SELECT dm_flush_activity()');
$node->stop;
my $file = $node->data_dir . '/pg_stat/datamesh_activity.stat';
ok(-s $file, 'a clean stop writes the file');
open my $fh, '>', $file or die $!;
print $fh 'nonsense';
close $fh;
$node->start;
is(counted('sale'), '3|4', 'with a damaged file the table tells');
like(slurp_file($node->logfile), qr/ignoring what is left of file .*datamesh_activity/, 'the log says so');

# prepared transactions count when they commit, also if the server stopped in between
$node->safe_psql('mesh', q{BEGIN; INSERT INTO shop.sale VALUES (6), (7); PREPARE TRANSACTION 'one'});
$node->safe_psql('mesh', q{BEGIN; INSERT INTO shop.sale VALUES (8); PREPARE TRANSACTION 'two'});
is(counted('sale'), '3|4', 'a prepared transaction has not written yet');
$node->safe_psql('mesh', 'SELECT dm_flush_activity()');
crash_server($node);
$node->safe_psql('mesh', q{COMMIT PREPARED 'one'});
is(counted('sale'), '4|6', '... but has when it commits');
$node->safe_psql('mesh', q{ROLLBACK PREPARED 'two'});
$node->safe_psql('mesh', 'SELECT dm_flush_activity()');
is(counted('sale'), '4|6', '... and never if it is rolled back');
is($node->safe_psql('mesh', 'SELECT count(*) FROM datamesh.activity_prepared'), '0', 'nothing is left of either');

# full shared memory leaves relations out, and says so
$node->safe_psql('mesh', join '', map { "CREATE TABLE shop.t$_ (id int); INSERT INTO shop.t$_ VALUES (1);\n" } 1 .. 150);
is($node->safe_psql('mesh', 'SELECT count(*) FROM datamesh.activities'), '100', 'no more relations than there is room for');
like(slurp_file($node->logfile), qr/counts the activity of no more than 100 relations/, 'the log says so');
is(counted('sale'), '4|6', 'those that were there go on');
$node->safe_psql('mesh', 'DROP TABLE ' . join ', ', map { "shop.t$_" } 1 .. 150);
$node->safe_psql('mesh', 'INSERT INTO shop.other VALUES (1)');
is(counted('other'), '1|1', 'what was dropped makes room');

# another database of the same name and OIDs of its own, and an extension that is made anew
$node->safe_psql('mesh', q{SELECT dm_drop_domain('shop'); DROP EXTENSION datamesh; CREATE EXTENSION datamesh;
	SELECT dm_register_domain('shop', schemas => '{shop}')});
is($node->safe_psql('mesh', 'SELECT count(*) FROM datamesh.activities'), '0', 'a new extension counts from nothing');

# without preloading
$node->stop;
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->start;
$node->safe_psql('mesh', 'INSERT INTO shop.sale VALUES (9)');
my ($ret, $out, $err) = $node->psql('mesh', 'SELECT count(*) FROM datamesh.activities');
like($err, qr/WARNING:  this server does not count.*shared_preload_libraries/s, 'the view warns');
($ret, $out, $err) = $node->psql('mesh', 'SELECT dm_flush_activity()');
like($err, qr/ERROR:  this server does not count.*shared_preload_libraries/s, 'flushing fails with a hint');
$node->safe_psql('mesh', q{SELECT dm_register_product('shop.sales'); SELECT dm_add_port('shop.sales', 'shop.sale');
	SELECT dm_set_slo('shop.sales', 'latency', '1', 'h')});
is($node->safe_psql('mesh', 'SELECT state, detail FROM datamesh.slo_status'),
	'unknown|this server does not count the activity of relations', 'service levels are unknown, and say why');
$node->safe_psql('mesh', q{SELECT dm_record_refresh('shop.sales')});
is($node->safe_psql('mesh', 'SELECT state FROM datamesh.slo_status'), 'ok', '... but for refreshes that are told of');

$node->stop;
done_testing();
