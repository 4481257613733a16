# The worker checks rules on their schedules, with the rights of the owners, and forgets old results.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('check_jobs',
	worker => 1,
	conf => "datamesh.job_jitter = 0\ndatamesh.check_retention = '1 d'");
my $db = 'postgres';

$node->safe_psql($db, <<'SQL');
CREATE EXTENSION datamesh;
CREATE ROLE team;
CREATE SCHEMA shop AUTHORIZATION team;
SET ROLE team;
CREATE TABLE shop.orders (id int PRIMARY KEY, amount int);
INSERT INTO shop.orders VALUES (1, 5), (2, NULL);
SELECT dm_register_domain('shop', schemas => '{shop}'), dm_register_product('shop.orders'),
	dm_add_port('shop.orders', 'shop.orders'), dm_publish('shop.orders');
SELECT dm_add_rule('shop.orders', 'given', 'nullValues', 'amount', schedule => '@every 1 s'),
	dm_add_rule('shop.orders', 'positive', 'minimum', 'amount', '{"value": 0}', schedule => '@every 1 s'),
	dm_add_rule('shop.orders', 'asked', 'rowCount', must => '> 0');
SQL

sub waits_for
{
	my ($sql, $name) = @_;
	return ok($node->poll_query_until($db, $sql), $name);
}

waits_for(q{SELECT count(DISTINCT run) >= 2 FROM datamesh.check_result WHERE checked_by = 'team'}, 'rules are checked again and again');
is( $node->safe_psql($db, q{SELECT DISTINCT rule, verdict, product FROM datamesh.check_results ORDER BY 1}),
	"given|failed|shop.orders\npositive|passed|shop.orders", 'those with a schedule, as parts of the product');
is( $node->safe_psql($db, q{SELECT max(n) FROM (SELECT count(*) AS n FROM datamesh.check_result GROUP BY run) r}),
	2, 'together');
is( $node->safe_psql($db, q{SELECT count(*), min(state) FROM datamesh.incidents WHERE causes = '{rule:given}'}),
	'1|open', 'one incident, however often it fails');
cmp_ok( $node->safe_psql($db, q{SELECT count(*) FROM datamesh.event WHERE type = 'quality.failed' OR type LIKE '%quality.failed%'}),
	'>=', 1, 'an event');

$node->safe_psql($db, q{SET ROLE team; UPDATE shop.orders SET amount = 1});
waits_for(q{SELECT state = 'closed' FROM datamesh.incidents WHERE causes = '{rule:given}'}, 'it closes by itself');

$node->safe_psql($db, q{SET ROLE team; SELECT dm_alter_rule('shop.orders', r, schedule => '') FROM unnest('{given,positive}'::text[]) r});
is($node->safe_psql($db, q{SELECT count(*) FROM datamesh.job WHERE kind = 'check'}), 0, 'no schedule, no job');

# what is older than the setting says is forgotten
$node->safe_psql($db, q{
	SET session_replication_role = replica;
	UPDATE datamesh.check_result SET at = at - interval '25 hours' WHERE rule = 'given'});
my $kept = $node->safe_psql($db, q{SELECT count(*) FROM datamesh.check_result WHERE rule <> 'given'});
is($node->safe_psql($db, q{SELECT (dm_run_job(id)).state FROM datamesh.job WHERE kind = 'retention'}), 'succeeded', 'retention runs');
waits_for(q{SELECT count(*) = 0 FROM datamesh.check_result WHERE rule = 'given'}, 'old results go');
is($node->safe_psql($db, q{SELECT count(*) FROM datamesh.check_result WHERE rule <> 'given'}), $kept, 'and no others');

done_testing();
