# What looks for ports of the whole mesh finds some that are gone before it has their
# domain's lock: that is no error.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run;
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('port_churn');
my $ports = 20;
$node->safe_psql('postgres', 'CREATE DATABASE mesh');
$node->safe_psql('mesh', q{
	CREATE EXTENSION datamesh;
	CREATE ROLE team LOGIN;
	CREATE ROLE newcomer LOGIN;
	SELECT dm_load_taxonomy();
});

# Each pair of sessions has ports of its own: the end of one may leave a port away.
sub load_domain
{
	my ($domain) = @_;
	$node->safe_psql('mesh', qq{
	CREATE SCHEMA $domain AUTHORIZATION team;
	SELECT dm_register_domain('$domain', 'team', '{$domain}');
	SET SESSION AUTHORIZATION team;
	SELECT dm_register_product('$domain.p');
	} . join '', map { qq{
	CREATE TABLE $domain.t$_ (id int, e text);
	SELECT dm_add_port('$domain.p', '$domain.t$_');
	SELECT dm_classify('$domain.t$_', 'e', 'pii.email');} } 1 .. $ports);
}

sub script
{
	my ($name, $text) = @_;
	my $file = $node->basedir . "/$name.sql";
	append_to_file($file, $text);
	return $file;
}

sub pgbench
{
	my ($file, $transactions) = @_;
	return [ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-f', $file, '-t', $transactions, 'mesh' ];
}

my %whole_mesh = (
	'a key changes hands' => q{
SELECT dm_grant_key('default', 'newcomer');
SELECT dm_revoke_key('default', 'newcomer');
},
	'a tag gets another mask' => q{
SELECT dm_alter_tag('pii.email', mask => 'dm_mask_null()');
SELECT dm_alter_tag('pii.email', mask => 'dm_mask_email()');
},
	'a producer comes and goes' => q{
SELECT dm_add_producer('DOMAIN', 'newcomer');
SELECT dm_remove_producer('DOMAIN', 'newcomer');
});
my $number = 0;
for my $what (sort keys %whole_mesh)
{
	my $domain = 'd' . ++$number;
	load_domain($domain);
	my $churn = script("churn$number", qq{\\set g random(1, $ports)
SET SESSION AUTHORIZATION team;
SELECT dm_drop_port('$domain.p', 't' || :g);
SELECT dm_add_port('$domain.p', ('$domain.t' || :g)::regclass);
RESET SESSION AUTHORIZATION;
});
	my $from = -s $node->logfile;
	my ($out, $err) = ('', '');
	my $other = IPC::Run::start(pgbench($churn, 100000), '<', \undef, '>', \$out, '2>', \$err);
	$node->poll_query_until('mesh', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'SELECT dm_add_port%'});
	my $result = run_log(pgbench(script("whole$number", $whole_mesh{$what} =~ s/DOMAIN/$domain/gr), 8));
	$other->kill_kill;
	ok($result, "$what while ports come and go");
	my @errors = grep { !/terminating connection|connection to client lost/ } slurp_file($node->logfile, $from) =~ /^.*(?:ERROR|FATAL|PANIC):  .*$/mg;
	is("@errors", '', "$what: no session failed");
}

$node->stop;
done_testing();
