# What dm_explain_access says is what a query returns: a random mesh, random roles, ports, columns
# and purposes.  The verdict foretells the values, the rows, and whether it is refused at all.
# TRUTH_SEED repeats a run.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use RandomMesh;
use Test::More;

my $seed = $ENV{TRUTH_SEED} || int(rand(2**31));
my $domains = 50;
my $triples = $ENV{TRUTH_TRIPLES} || 10000;
note("TRUTH_SEED=$seed");
srand($seed);

my $node = mesh_node('truth');
$node->safe_psql('postgres', 'CREATE DATABASE truth');
$node->safe_psql('truth', 'CREATE EXTENSION datamesh');
my @statements = random_mesh($domains);
my ($status, $out, $err) = $node->psql('truth',
	join('', "SET client_min_messages = error;\n", map { "$_;\n" } @statements), on_error_stop => 0);
my @errors = $err =~ /ERROR:.*/g;
is(join("\n", @errors[ 0 .. ($#errors < 9 ? $#errors : 9) ]), '', 'the mesh was made')
  or diag("TRUTH_SEED=$seed, " . @errors . ' errors');

# The sorted values of a column of a relation, as text; what is counted is that they are the same.
# As the reader, and as a superuser by what was said.
$node->safe_psql('truth', <<'SQL');
CREATE TABLE asked (n int, role name, port regclass, col name, source regclass, source_col name, base name, purpose text);
CREATE TABLE answer (n int, verdict text, shown text, which text, condition text,
	state text, message text, got text[], foretold text[], raw text[]);
CREATE PROCEDURE compare(part int, parts int) LANGUAGE plpgsql AS $$
DECLARE
	a record;
	r answer%ROWTYPE;
BEGIN
	FOR a IN SELECT * FROM asked WHERE n % parts = part ORDER BY n LOOP
		SELECT a.n, max(outcome) FILTER (WHERE kind = 'verdict') AS verdict, max(detail) FILTER (WHERE kind = 'verdict') AS shown,
			max(outcome) FILTER (WHERE kind = 'rows') AS which, max(detail) FILTER (WHERE kind = 'rows') AS condition,
			NULL::text AS state, NULL::text AS message, NULL::text[] AS got, NULL::text[] AS foretold, NULL::text[] AS raw
		INTO r FROM dm_explain_access(a.role::regrole, a.port, a.col, a.purpose);
		PERFORM set_config('datamesh.purpose', a.purpose, true);
		EXECUTE format('SET LOCAL ROLE %I', a.role);
		BEGIN
			EXECUTE format('SELECT array_agg(v ORDER BY v COLLATE "C") FROM (SELECT %I::text FROM %s) q(v)', a.col, a.port) INTO r.got;
			r.state := '00000';
		EXCEPTION WHEN OTHERS THEN
			r.state := SQLSTATE;
			r.message := SQLERRM;
		END;
		RESET ROLE;
		IF r.verdict <> 'refused' THEN
			EXECUTE format('SELECT array_agg(v ORDER BY v COLLATE "C") FILTER (WHERE hit), array_agg(w ORDER BY w COLLATE "C") FILTER (WHERE hit)
				FROM (SELECT (%s)::text, (%I)::text, (%s) FROM %s AS %I) q(v, w, hit)',
				CASE r.verdict WHEN 'clear' THEN quote_ident(a.source_col) WHEN 'hidden' THEN 'NULL' ELSE r.shown END,
				a.source_col,
				CASE r.which WHEN 'all' THEN 'true' WHEN 'none' THEN 'false' ELSE r.condition END,
				a.source, a.base) INTO r.foretold, r.raw;
		END IF;
		INSERT INTO answer VALUES (r.*);
	END LOOP;
END $$;
SQL

# The ports with their sources; the row policies' columns have the same names in all of them.
my @columns = map { [ split /\|/ ] } split /\n/, $node->safe_psql('truth', q{
	SELECT o.view::oid, c.name, c.source::oid, c.source_column, regexp_replace(r.relname, '^[vm]', 't')
	FROM datamesh.port o, datamesh.port_column_list(o.view) c(name, source, source_column, tags), pg_class r
	WHERE r.oid = c.source ORDER BY 1, 2});
ok(@columns > 300, scalar(@columns) . ' columns of ports');
my %columns;
push @{ $columns{ $_->[0] } }, $_ for @columns;
# Most pairs of a role and a port have nothing to do with one another: these have.
my @agreed = map { [ split /\|/ ] } split /\n/, $node->safe_psql('truth', q{
	SELECT o.view::oid, r.rolname, a.purpose FROM datamesh.agreement a JOIN datamesh.port o ON o.product = a.product
		JOIN pg_roles r ON pg_has_role(r.oid, a.consumer, 'MEMBER') AND NOT r.rolsuper
	UNION ALL SELECT o.view::oid, 'tr_' || letter || substr(d.name, 5), 'p0' FROM datamesh.port o JOIN datamesh.product p ON p.id = o.product
		JOIN datamesh.domain d ON d.id = p.domain, unnest('{o,p,q}'::text[]) letter
	ORDER BY 1, 2, 3});
my @roles = random_roles($domains);
my @purposes = random_purposes();
my $copy = '';
for my $n (1 .. $triples)
{
	my ($port, $role, $purpose) = @{ pick(@agreed) };

	if (chance(0.2))
	{
		($port, $role) = (pick(sort keys %columns), pick(@roles));
	}
	$purpose = pick(@purposes) if chance(0.15);
	my (undef, $column, $source, $source_column, $base) = @{ pick(grep { chance(0.2) || $_->[1] !~ /^(id|region)$/ } @{ $columns{$port} }) // $columns{$port}[0] };
	$copy .= join("\t", $n, $role, $port, $column, $source, $source_column, $base, $purpose) . "\n";
}
$node->safe_psql('truth', "COPY asked FROM STDIN;\n$copy\\.\n");

my $started = time;
my @sessions = map {
	IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('truth'),
			'-c', 'SET client_min_messages = error', '-c', "CALL compare($_, 2)" ],
		'<', \undef, '>', \my $stdout, '2>', \my $stderr)
} 0, 1;
ok($_->finish, 'a session compared') for @sessions;
note((time - $started) . ' seconds');

my $wrong = q{(verdict = 'refused') <> (state <> '00000') OR verdict IS NULL
	OR (state <> '00000' AND state NOT IN ('MD001', 'MD002', 'MD007', '42501'))
	OR (state = '00000' AND got IS DISTINCT FROM foretold)
	OR (verdict IN ('token', 'masked', 'hidden') AND got = raw)
	OR (verdict = 'masked' AND array_remove(got, NULL) = '{}' AND got <> '{}' AND shown NOT LIKE '%as_domain%')
	OR (verdict IN ('token', 'masked') AND (verdict = 'token') <> (shown LIKE '%dm_token(%'))};
is($node->safe_psql('truth', 'SELECT count(*) FROM answer'), $triples, 'every one was answered');
is($node->safe_psql('truth', "SELECT count(*) FROM answer WHERE $wrong"), 0, 'each verdict is what a query returns')
  or diag("TRUTH_SEED=$seed\n" . $node->safe_psql('truth',
	"SELECT * FROM asked JOIN answer USING (n) WHERE $wrong ORDER BY n LIMIT 5"));

# a test that meets no case would hold as well
for my $verdict (qw(clear token masked hidden refused))
{
	my $count = $node->safe_psql('truth', "SELECT count(*) FROM answer WHERE verdict = '$verdict'");
	cmp_ok($count, '>', $triples / 200, "$verdict: $count times");
}
for my $which (qw(all some none))
{
	my $count = $node->safe_psql('truth', "SELECT count(*) FROM answer WHERE which = '$which' AND verdict <> 'refused'");
	cmp_ok($count, '>', 0, "$which rows: $count times");
}
for my $part ('has_consent', 'ANY (', 'allowed')
{
	my $count = $node->safe_psql('truth', "SELECT count(*) FROM answer WHERE strpos(condition, '$part') > 0");
	cmp_ok($count, '>', 0, "a condition with $part: $count times");
}
$node->stop;
done_testing();
