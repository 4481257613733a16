# Consents decide on rows in a session whose first statement reads a port and loads the library by
# that, and on a standby: what is withdrawn on the primary vanishes there, from kept plans, too.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = mesh_node('primary', preload => 0, init => { allows_streaming => 1 });
load_mesh($primary, 'mesh');
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

my $as_reader = q{SET SESSION AUTHORIZATION "Role ""Q"""; SET datamesh.purpose = 'fraud'};
my $people = 'hr_people_v1.person';

is($primary->safe_psql('mesh', "$as_reader; SELECT count(*) FROM $people"), 14,
	'the first query of a session without the library');
is($primary->safe_psql('mesh', "$as_reader; SELECT count(a.name), count(b.name) FROM $people a LEFT JOIN $people b ON b.salary = a.salary - 1000"),
	'14|7', 'the first one, under an outer join');
my ($ret, $out, $err) = $primary->psql('mesh', "$as_reader; SELECT datamesh.has_consent('employee', '{fraud}', md5('1')::uuid)");
like($err, qr/permission denied for consents/, 'the first one asks for consents itself');

my $session = session($standby, 'mesh', split(/; /, $as_reader), 'SET plan_cache_mode = force_generic_plan',
	"PREPARE q AS SELECT count(*) FROM $people");
is($session->query('EXECUTE q'), 14, 'a reader on the standby');
$primary->safe_psql('mesh', q{SELECT dm_record_consent(md5('1'), 'fraud', false, 'employee')});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
is($session->query('EXECUTE q'), 13, 'withdrawn on the primary');
$primary->safe_psql('mesh', q{SELECT dm_drop_consent_requirement('hr.people', 'fraud')});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
is($session->query('EXECUTE q'), 20, 'without the requirement');
$session->quit;

done_testing();
