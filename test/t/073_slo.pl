# Service levels and the worker: a breach opens an incident by itself, the commit that ends it closes
# it, and maintenance keeps both quiet.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('slo', worker => 1);
$node->safe_psql('postgres', 'CREATE DATABASE mesh');
$node->safe_psql(
	'mesh', q{
	CREATE EXTENSION datamesh;
	CREATE SCHEMA shop;
	CREATE TABLE shop.sale (id int);
	CREATE TABLE shop.quiet (id int);
	SELECT dm_register_domain('shop', schemas => '{shop}');
	SELECT dm_register_product('shop.sales');
	SELECT dm_add_port('shop.sales', 'shop.sale');
	SELECT dm_register_product('shop.quiet');
	SELECT dm_add_port('shop.quiet', 'shop.quiet');
	SELECT dm_add_maintenance(now() - interval '1 h', now() + interval '1 h', 'shop.quiet', 'a move');
	INSERT INTO shop.sale VALUES (1);
	INSERT INTO shop.quiet VALUES (1);
	SELECT dm_set_slo('shop.quiet', 'freshness', '1', 's');
	SELECT dm_set_slo('shop.sales', 'freshness', '2', 's')});

my $deadline = $node->safe_psql('mesh', q{SELECT deadline FROM datamesh.slo_status WHERE product = 'shop.sales'});
ok($node->poll_query_until('mesh',
	q{SELECT count(*) = 1 FROM datamesh.incident_cause WHERE cause = 'slo:latency:sale' AND healthy_at IS NULL}),
	'the worker opens an incident');
is($node->safe_psql('mesh',
	qq{SELECT since = '$deadline' FROM datamesh.slo_history WHERE product = 'shop.sales' AND state = 'breached'}),
	't', 'the breach begins at its deadline');
note 'seconds from the deadline to the incident: '
  . $node->safe_psql('mesh', qq{SELECT extract(epoch FROM opened_at - '$deadline') FROM datamesh.incident});
ok($node->poll_query_until('mesh', q{SELECT count(*) = 1 FROM datamesh.event WHERE type LIKE '%slo.violated%'}),
	'there is an event of it');

$node->safe_psql('mesh', q{SELECT dm_set_slo('shop.sales', 'freshness', '1', 'h'); INSERT INTO shop.sale VALUES (2)});
my $written = $node->safe_psql('mesh', q{SELECT last_write FROM datamesh.activities WHERE relation = 'shop.sale'::regclass});
isnt($node->safe_psql('mesh', q{SELECT state FROM datamesh.slo_status WHERE product = 'shop.sales'}),
	'breached', 'the view sees the end at once');
ok($node->poll_query_until('mesh', q{SELECT count(*) = 1 FROM datamesh.incident WHERE state = 'closed'}),
	'the incident closes by itself');
ok($node->poll_query_until('mesh', q{SELECT count(*) = 1 FROM datamesh.event WHERE type LIKE '%slo.recovered%'}),
	'... with an event');

is($node->safe_psql('mesh', q{SELECT state, maintenance_until IS NOT NULL FROM datamesh.slo_status WHERE product = 'shop.quiet'}),
	'breached|t', 'what is late in maintenance is late');
is($node->safe_psql('mesh', q{SELECT count(*) FROM datamesh.incident_cause WHERE cause LIKE 'slo:latency:quiet'}),
	'0', '... but opens no incident');
is($node->safe_psql('mesh', q{SELECT attained IS NULL FROM datamesh.slo_status WHERE product = 'shop.quiet'}),
	't', '... and does not count');

$node->stop;
done_testing();
