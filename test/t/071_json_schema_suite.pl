# The official cases of JSON Schema, 2019-09 and 2020-12: required ones and formats.
# test/data/jsonschema-test-suite/left_out lists those that are answered otherwise, each with its
# reason; an entry that is there without need fails, too.  And the contracts of ODCS, where another
# validator has given its verdict.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = "$FindBin::RealBin/../data/jsonschema-test-suite";
my $node = mesh_node('json_schema', init => { extra => [ '--encoding=UTF8', '--locale=C' ] });
$ENV{PGCLIENTENCODING} = 'UTF8';

# The JSON type of the server refuses to look into text with \u0000, so that is written as \ue000
# until a case is run.
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION datamesh;
CREATE TABLE answer (name text, expected text, answer text);
CREATE FUNCTION answer(schema text, document text, formats boolean) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN CASE WHEN EXISTS (SELECT FROM dm_json_schema_validate(replace(schema, '\ue000', '\u0000')::jsonb,
		replace(document, '\ue000', '\u0000')::jsonb, formats)) THEN 'invalid' ELSE 'valid' END;
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ' ' || sqlerrm;
END $$;
CREATE PROCEDURE run(file text, suite json) LANGUAGE sql AS $$
	INSERT INTO answer
	SELECT format('%s: %s: %s', file, g ->> 'description', t ->> 'description'),
		CASE WHEN (t ->> 'valid')::boolean THEN 'valid' ELSE 'invalid' END,
		answer((g -> 'schema')::text, (t -> 'data')::text, file LIKE '%/optional/format/%')
	FROM json_array_elements(suite) g, json_array_elements(g -> 'tests') t $$;
SQL

sub quoted
{
	my ($file) = @_;
	my $text = slurp_file($file);
	$text =~ s/\\u0000/\\ue000/g;
	return "\$suite\$$text\$suite\$";
}

# The documents that cases refer to.  They refer to each other, so some have to wait for others.
my @waiting = map { glob "$folder/remotes/$_" } qw(*.json */*.json */*/*.json);
cmp_ok(scalar @waiting, '>', 40, 'the suite is there');
while (@waiting)
{
	my @refused;
	for my $file (@waiting)
	{
		my ($path) = $file =~ m{/remotes/(.*)};
		my ($status) = $node->psql('postgres', "SELECT dm_add_contract_schema('suite', right('$path', 60), "
			  . quoted($file) . "::jsonb, 'http://localhost:1234/$path')");
		push @refused, $file if $status != 0;
	}
	last if @refused == @waiting;
	@waiting = @refused;
}
is_deeply([ map { m{/remotes/(.*)} } @waiting ], [], 'every document that cases refer to is stored');

my $script = '';
for my $draft (qw(draft2019-09 draft2020-12))
{
	for my $file (map { glob "$folder/tests/$draft/$_" } qw(*.json optional/format/*.json))
	{
		my ($name) = $file =~ m{/tests/(.*)};
		$script .= "CALL run('$name', " . quoted($file) . ");\n";
	}
}
$node->safe_psql('postgres', $script);
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM answer'), '>', 3900, 'the cases ran');

my %wrong = map { (split /\x1f/)[ 0, 1 ] }
  split /\n/, $node->safe_psql('postgres',
	"SELECT name || chr(31) || format('%s instead of %s', answer, expected) FROM answer WHERE answer <> expected");
my %needed;
my @entries;
for my $line (split /\n/, slurp_file("$folder/left_out"))
{
	next if $line =~ /^#/;
	my ($entry, $reason) = $line =~ /^\*\/(.*?) = (.+)$/ or die "left_out: $line\n";
	push @entries, $entry;
}
for my $name (sort keys %wrong)
{
	my ($entry) = grep { $name =~ m{^[\w-]+/\Q$_\E(?:: |$)} } @entries;
	if (defined $entry)
	{
		$needed{$entry}{ $name =~ m{^([\w-]+)/} ? $1 : '' } = 1;
		next;
	}
	fail($name);
	diag($wrong{$name});
}
is(join(' ', sort keys %{ $needed{$_} // {} }), 'draft2019-09 draft2020-12', "left out for a reason: $_")
  for @entries;

# the verdicts of an independent validator, against three versions of the schema for each contract
my $data = "$FindBin::RealBin/../data";
my ($head, @contracts) = split /\n/, slurp_file("$data/odcs/verdicts.tsv");
is((split /\t/, $head)[2], 'verdict_own_version', 'the verdicts are there');
for (@contracts)
{
	my ($file, $own, @verdicts) = split /\t/;
	my $text = slurp_file("$data/odcs/$file");
	my @versions = ($own, 'v3.1.0', 'v3.2.0');
	my @answers = map {
		$node->safe_psql('postgres', "SELECT CASE WHEN EXISTS (SELECT FROM datamesh.contract_schemas s,
			dm_json_schema_validate(s.document, dm_yaml_to_jsonb(\$contract\$$text\$contract\$), true)
			WHERE s.standard = 'odcs' AND s.version = '$_') THEN 'INVALID' ELSE 'VALID' END")
	} @versions;
	# nobody has the schema of a version that does not exist
	$answers[0] = 'n/a' if $own eq 'v4.0.0';
	is("@answers", "@verdicts[0 .. 2]", $file);
}
$node->stop;
done_testing();
