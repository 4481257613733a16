# Comparing schemas.  Changes that somebody else has labelled; and what is called compatible against
# what the validator says of data: the schemas of each file of the official JSON Schema suite are
# compared with each other, and all data of the file are tried.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = "$FindBin::RealBin/../data";
my $node = mesh_node('schema_compat', init => { extra => [ '--encoding=UTF8', '--locale=C' ] });
$ENV{PGCLIENTENCODING} = 'UTF8';
$node->safe_psql('postgres', 'CREATE EXTENSION datamesh');

my $labelled = 0;
for my $format (qw(jsonschema avro))
{
	my $text = slurp_file("$data/schema-compat/$format-compatibility.json");
	my $answers = $node->safe_psql('postgres', "
		SELECT concat_ws(' / ', n, t ->> 'id', t ->> 'compatibility', dm_schema_compatibility(t -> 'original', t -> 'updated', '$format'))
		FROM jsonb_array_elements(\$data\$$text\$data\$::jsonb -> 'tests') WITH ORDINALITY v (t, n) ORDER BY n");
	for (split /\n/, $answers)
	{
		my ($expected, $answer) = m{ / (\w+) / (\w+)$} or die $_;
		is($answer, $expected, "$format $_");
		$labelled++;
	}
}
is($labelled, 77, 'all labelled changes');

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE schema_of (file text, n bigint, schema jsonb);
CREATE TABLE value_of (file text, n bigint, document jsonb);
CREATE FUNCTION relation(a jsonb, b jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN dm_schema_compatibility(a, b);
EXCEPTION WHEN SQLSTATE 'MD010' THEN
	RETURN 'unusable';
WHEN program_limit_exceeded THEN
	RETURN 'expensive';
END $$;
CREATE PROCEDURE load(name text, suite jsonb) LANGUAGE sql AS $$
	INSERT INTO schema_of SELECT name, n, g -> 'schema' FROM jsonb_array_elements(suite) WITH ORDINALITY v (g, n);
	INSERT INTO value_of SELECT DISTINCT ON (document) name, row_number() OVER (), document
	FROM (SELECT t -> 'data' AS document FROM jsonb_array_elements(suite) g, jsonb_array_elements(g -> 'tests') t) v $$;
SQL
for my $file (map { glob "$data/jsonschema-test-suite/tests/$_/*.json" } qw(draft2019-09 draft2020-12))
{
	my ($name) = $file =~ m{/tests/(.*)};
	my $text = slurp_file($file);
	# needs documents that are not here, or cannot be read
	next if $text =~ /\\u0000|localhost:1234|infinite-loop/;
	$node->safe_psql('postgres', "CALL load('$name', \$suite\$$text\$suite\$::jsonb)");
}

$node->safe_psql('postgres', "
	CREATE TABLE pair AS SELECT a.file, a.n AS old, b.n AS new, a.schema AS old_schema, b.schema AS new_schema,
		relation(a.schema, b.schema) AS answer
	FROM schema_of a JOIN schema_of b USING (file);
	CREATE TABLE verdict AS SELECT s.file, s.n, v.n AS value, v.document,
		NOT EXISTS (SELECT FROM dm_json_schema_validate(s.schema, v.document, true)) AS valid
	FROM schema_of s JOIN value_of v USING (file)
	WHERE relation(s.schema, s.schema) <> 'unusable'");
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM pair WHERE answer IN ('both', 'backward', 'forward') AND old <> new"),
	'>', 1000, 'pairs that are called compatible');
is($node->safe_psql('postgres', "SELECT p.file, p.old_schema, p.new_schema, p.answer, a.document
	FROM pair p JOIN verdict a ON a.file = p.file AND a.n = p.old JOIN verdict b ON b.file = p.file AND b.n = p.new AND b.value = a.value
	WHERE p.answer IN ('both', 'backward') AND a.valid AND NOT b.valid
		OR p.answer IN ('both', 'forward') AND b.valid AND NOT a.valid"),
	'', 'no data contradict them');
# meta-schemas, which refer to each other dynamically
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM pair WHERE answer = 'expensive'"), '<', 200, 'few are too expensive');
is($node->safe_psql('postgres', "SELECT file, old_schema FROM pair WHERE old = new AND answer NOT IN ('both', 'unusable')"),
	'', 'a schema is compatible with itself');
$node->stop;
done_testing();
