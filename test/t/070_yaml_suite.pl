# The cases of the YAML test suite: none crashes the server, and none that is read gives another
# value than the suite says.  test/data/yaml-test-suite/left_out lists those that are not read
# although they are YAML, or the other way round, each with its reason; a case that is on it
# without need fails, too.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = "$FindBin::RealBin/../data/yaml-test-suite";
my $node = mesh_node('yaml_suite');

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION datamesh;
CREATE TABLE suite (file text, document jsonb);
CREATE FUNCTION hex(text) RETURNS text LANGUAGE sql AS
	$$ SELECT convert_from(decode($1, 'hex'), 'UTF8') $$;

-- What the suite writes for characters that do not show
CREATE FUNCTION unescaped(yaml text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(replace(replace(replace(replace(regexp_replace(yaml, '—*»', E'\t', 'g'),
		'␣', ' '), '↵', ''), '←', E'\r'), '⇔', E'\uFEFF'), '∎\n?$', '') $$;

-- one value, or NULL where the text is none or several
CREATE FUNCTION one_value(document text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN document::jsonb;
EXCEPTION WHEN invalid_text_representation THEN
	RETURN NULL;
END $$;

CREATE FUNCTION read(yaml text, OUT value jsonb, OUT error text) LANGUAGE plpgsql AS $$
BEGIN
	IF yaml = '' THEN error := 'the text has no document'; RETURN; END IF;
	value := dm_yaml_to_jsonb(yaml);
EXCEPTION WHEN SQLSTATE 'MD010' THEN
	error := replace(sqlerrm, 'the document cannot be read: ', '');
END $$;
SQL

# The suite's files are YAML themselves.
my @files = sort glob "$folder/*.yaml";
cmp_ok(scalar @files, '>', 200, 'the suite is there');
my $load = '';
for my $file (@files)
{
	my ($name) = $file =~ m{(\w+)\.yaml$};
	my $text = unpack('H*', slurp_file($file));
	$load .= "INSERT INTO suite VALUES ('$name', dm_yaml_to_jsonb(hex('$text')));\n";
}
$node->safe_psql('postgres', $load);

# What a case does not say is as in the one before it, unless that is an error.
my $result = $node->safe_psql('postgres', <<'SQL');
WITH RECURSIVE cases AS (
	SELECT file, 0 AS number, document -> 0 AS fields, document, document -> 0 AS said
	FROM suite
	UNION ALL
	SELECT file, number + 1,
		CASE WHEN document -> (number + 1) ? 'fail' THEN document -> (number + 1)
			ELSE (fields - 'fail') || (document -> (number + 1)) END,
		document, document -> (number + 1)
	FROM cases WHERE number + 1 < jsonb_array_length(document)),
verdicts AS (
	SELECT CASE WHEN jsonb_array_length(document) > 1 THEN format('%s-%s', file, to_char(number, 'FM00')) ELSE file END AS name,
		fields ? 'fail' AS fail, one_value(fields ->> 'json') AS expected, fields ->> 'json' AS json, r.*
	FROM cases, read(unescaped(fields ->> 'yaml')) AS r)
SELECT name, CASE
	WHEN fail AND error IS NOT NULL THEN 'right'
	WHEN fail THEN 'read although it is wrong'
	WHEN error IS NOT NULL THEN 'refused: ' || error
	WHEN expected IS NULL THEN 'read; the suite has no single JSON value'
	WHEN value = expected THEN 'right'
	ELSE 'WRONG: ' || value::text || ' instead of ' || expected::text END
FROM verdicts ORDER BY name;
SQL
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server has survived');

my %left_out;
for (split /\n/, slurp_file("$folder/left_out"))
{
	next if /^\s*(?:#|$)/;
	my ($name, $what) = /^(\S+)\s+(.+)$/ or die "left_out: $_\n";
	$left_out{$name} = $what;
}

my $right = 0;
for (split /\n/, $result)
{
	my ($name, $verdict) = split /\|/, $_, 2;
	if ($verdict eq 'right')
	{
		$right++;
		ok(!exists $left_out{$name}, "$name is right") or diag("left_out has it without need");
		next;
	}
	my $known = delete $left_out{$name} // '';
	$known =~ s/ -- .*//;
	diag("$name: $verdict") if $verdict !~ /^\Q$known\E(?:: |$)/;
	$verdict =~ s/^(refused): .*/$1/;
	is($verdict, $known, "$name is left out as the list says");
}
is(join(' ', sort grep { $_ } keys %left_out), '', 'the list names only cases of the suite');
note("$right cases are right");

$node->stop;
done_testing();
