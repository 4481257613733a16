# Levels on shares of reads, over a crash: what the report says is what plain counting of the raw events
# says, but for those that came between the last flush and the crash.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('slo_counts', conf => "restart_after_crash = on\nautovacuum = off");
$node->safe_psql('postgres', 'CREATE DATABASE mesh');
$node->safe_psql(
	'mesh', q{
	CREATE EXTENSION datamesh;
	CREATE ROLE slo_reader LOGIN;
	CREATE SCHEMA shop;
	CREATE TABLE shop.sale (id int);
	INSERT INTO shop.sale VALUES (1);
	SELECT dm_register_purpose('work');
	SELECT dm_register_domain('shop', schemas => '{shop}');
	SELECT dm_register_product('shop.sales', open_ended => true);
	SELECT dm_add_port('shop.sales', 'shop.sale');
	SELECT dm_publish('shop.sales');
	SELECT dm_grant_access('shop.sales', 'slo_reader', 'work');
	SELECT dm_set_slo('shop.sales', 'availability', '80', 'percent');
	SELECT dm_set_slo('shop.sales', 'errorRate', '20', 'percent')});

# The raw events: reads that succeeded, and that failed.
my ($good, $failed) = (0, 0);

sub reads
{
	my ($ok, $bad, $lost) = @_;
	my $sql = "SET datamesh.purpose = 'work';\n";
	$sql .= "SELECT * FROM shop_sales_v1.sale;\n" x $ok;
	$sql .= "SELECT 1 / (id - 1) FROM shop_sales_v1.sale;\n" x $bad;
	$node->psql('mesh', $sql, on_error_stop => 0, extra_params => [ '-U', 'slo_reader' ]);
	return if $lost;
	$good += $ok;
	$failed += $bad;
	return;
}

sub evaluate
{
	is($node->safe_psql('mesh', q{SELECT * FROM dm_run_job('slo', 'shop.sales')}), 'succeeded|', 'the job runs');
	return;
}

sub agrees
{
	my ($name) = @_;
	my $share = sprintf '%.4f', 100 * $good / ($good + $failed);
	is($node->safe_psql('mesh',
			q{SELECT property, attained FROM dm_slo_report('shop.sales', now() - interval '1 h', now() + interval '1 s') ORDER BY 1}),
		"availability|$share\nerrorRate|$share", "$name: the report says what was counted");
	is($node->safe_psql('mesh', q{SELECT slo, sum(good), sum(total) FROM datamesh.slo_count GROUP BY slo ORDER BY slo}),
		join("\n", map { "$_|$good|" . ($good + $failed) } qw(availability errorRate)), '... and so do the counts');
	is($node->safe_psql('mesh', q{SELECT count(DISTINCT attained), min(attained) FROM datamesh.slo_status}), "1|$share", '... and the view');
	return;
}

reads(9, 1);
evaluate();
agrees('before');

# the last flush is older than what the job has counted: it has saved that itself
$node->safe_psql('mesh', 'SELECT dm_flush_activity()');
reads(5, 1);
evaluate();
reads(4, 2, 'lost');
crash_server($node);
reads(0, 4);
evaluate();
agrees('what failed after a crash');

# a flush keeps what the job has not looked at yet
reads(7, 3);
$node->safe_psql('mesh', 'SELECT dm_flush_activity()');
reads(1, 8, 'lost');
crash_server($node);
reads(2, 1);
evaluate();
agrees('a flush, a crash, and then the job');

# a clean restart loses nothing
reads(3, 3);
$node->restart;
reads(1, 0);
evaluate();
agrees('a restart');

$node->stop;
done_testing();
