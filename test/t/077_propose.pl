# Rules that are proposed for data with known mistakes: how many of the mistakes they find, and how
# much else; and whether two samples say the same.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('propose');
my $data = "$FindBin::RealBin/../data/quality/hospital";

$node->safe_psql('postgres', 'CREATE EXTENSION datamesh; CREATE SCHEMA q');

# A CSV file into a table, through the client: the server may not read it.
sub load_file
{
	my ($table, $file) = @_;
	$node->safe_psql('postgres', "COPY $table FROM STDIN (FORMAT csv, HEADER);\n" . slurp_file("$data/$file") . "\\.\n");
	return;
}

my ($header) = slurp_file("$data/hospital_dirty.csv") =~ /^(.*)/;
my @columns = map { qq{"$_"} } split /,/, $header;
my $as_text = join ', ', map { "$_ text" } @columns;
my $list = join ', ', @columns;
$node->safe_psql('postgres', qq{
	CREATE TABLE q.hospital ($as_text);
	CREATE TABLE q.numbered (tid int GENERATED ALWAYS AS IDENTITY (START 0 MINVALUE 0), $as_text);
	CREATE TABLE q.clean (tid int, attribute text, value text)});
load_file('q.hospital', 'hospital_dirty.csv');
load_file("q.numbered ($list)", 'hospital_dirty.csv');
load_file('q.clean', 'hospital_clean_long.csv');
is($node->safe_psql('postgres', q{
	CREATE TABLE q.wrong AS
	SELECT n.tid, attribute FROM q.numbered n, jsonb_each_text(to_jsonb(n) - 'tid') c(attribute, value) JOIN q.clean USING (attribute)
	WHERE clean.tid = n.tid AND coalesce(c.value, 'empty') <> coalesce(clean.value, 'empty');
	SELECT count(*) FROM q.wrong}), 509, 'all wrong cells are known');

# The cells at which a rule points: the rule's column in each row that breaks it.  This is
# another implementation than that of dm_check, so that both can be compared.
$node->safe_psql('postgres', q{
	CREATE FUNCTION q.failing(metric text, "column" text, arguments jsonb) RETURNS SETOF int LANGUAGE plpgsql AS $$
	BEGIN
		RETURN QUERY EXECUTE CASE metric
			WHEN 'required' THEN format('SELECT tid FROM q.numbered WHERE %I IS NULL', "column")
			WHEN 'enum' THEN format('SELECT tid FROM q.numbered WHERE NOT ($1->''values'') ? %I', "column")
			WHEN 'pattern' THEN format('SELECT tid FROM q.numbered WHERE %I !~ ($1->>''pattern'')', "column")
			WHEN 'dependency' THEN format(
				'WITH k AS MATERIALIZED (SELECT tid, %1$I AS value,
					(SELECT string_agg(to_jsonb(n)->>b, '','') FROM jsonb_array_elements_text($1->''by'') b) AS key FROM q.numbered n)
				 SELECT k.tid FROM k JOIN (SELECT key, mode() WITHIN GROUP (ORDER BY value) AS usual FROM k GROUP BY key) u USING (key)
				 WHERE value <> usual', "column")
			ELSE 'SELECT 0 WHERE $1 IS NULL' END USING arguments;
	END $$;
	CREATE TABLE q.proposed AS SELECT * FROM dm_propose_rules('q.hospital');
	CREATE TABLE q.found AS
	SELECT p.name, p.metric, p."column" AS attribute, f AS tid FROM q.proposed p, q.failing(p.metric, p."column", p.arguments) f});
my ($found, $right) = split /\|/, $node->safe_psql('postgres', q{
	SELECT count(*), count(is_wrong) FROM (SELECT DISTINCT tid, attribute FROM q.found) f LEFT JOIN (SELECT tid, attribute, true AS is_wrong FROM q.wrong) w USING (tid, attribute)});
note(sprintf '%d cells found, %d of them wrong: precision %.3f, recall %.3f', $found, $right, $right / $found, $right / 509);
note($node->safe_psql('postgres', q{
	SELECT metric, count(DISTINCT name) AS rules, count(DISTINCT (f.tid, attribute)) AS found, count(DISTINCT (f.tid, attribute)) FILTER (WHERE is_wrong) AS wrong
	FROM q.found f LEFT JOIN (SELECT tid, attribute, true AS is_wrong FROM q.wrong) w USING (tid, attribute) GROUP BY metric ORDER BY metric}));
cmp_ok($right, '>=', 0.6 * 509, 'at least 60 % of the wrong cells are found');
cmp_ok($right, '>=', 0.8 * $found, 'at least 80 % of what is found is wrong');

# What is proposed can be added, and dm_check counts what the queries above have counted.
$node->safe_psql('postgres', $node->safe_psql('postgres', q{SELECT string_agg(call, E'\n') FROM q.proposed}));
is($node->safe_psql('postgres', q{
	SELECT p.name, c.verdict, c.failing, f.failing FROM q.proposed p
		LEFT JOIN dm_check('q.hospital'::regclass) c ON c.rule = p.name
		LEFT JOIN (SELECT name, count(*) AS failing FROM q.found GROUP BY name) f USING (name)
	WHERE c.failing IS DISTINCT FROM coalesce(f.failing, 0) ORDER BY 1}), '', 'dm_check counts the same rows');

# Two samples of the rows agree on which columns have which rules, but for a few.
my ($both, $any) = split /\|/, $node->safe_psql('postgres', q{
	DELETE FROM datamesh.quality_rule;
	CREATE TABLE q.a AS SELECT metric, "column" FROM dm_propose_rules('q.hospital', sample_rows => 500, seed => 1);
	CREATE TABLE q.b AS SELECT metric, "column" FROM dm_propose_rules('q.hospital', sample_rows => 500, seed => 2);
	SELECT (SELECT count(*) FROM (TABLE q.a INTERSECT TABLE q.b) t), (SELECT count(*) FROM (TABLE q.a UNION TABLE q.b) t)});
note("two samples of half of the rows: $both of $any rules are in both");
cmp_ok($both, '>=', 0.9 * $any, 'two samples of half of the rows say the same');

$node->stop;
done_testing();
