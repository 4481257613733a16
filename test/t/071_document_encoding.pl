# Documents are UTF-8, and databases may have another encoding: what has no equivalent there is
# refused with its line, whether it stands in the text or behind an escape.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use Test::More;

my $node = mesh_node('encoding');

for my $encoding (qw(LATIN1 SQL_ASCII EUC_JP))
{
	$node->safe_psql('postgres',
		"CREATE DATABASE $encoding ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
	$node->safe_psql("\L$encoding", 'CREATE EXTENSION datamesh');
}

# The answer or the error, as bytes; the client says nothing of its encoding.
sub answer
{
	my ($database, $query) = @_;
	my ($out, $err);
	$node->psql($database, "SET client_encoding = '\U$database\E';\n$query", stdout => \$out, stderr => \$err);
	$err =~ s/\A.*?ERROR:\s*//s if $err;
	$err =~ s/\n.*//s if $err;
	return $err ? "ERROR $err" : $out;
}

# characters as such, and written back
is(answer('latin1', q{SELECT encode(convert_to(dm_yaml_to_jsonb(convert_from('\x613a20e4', 'LATIN1')) ->> 'a', 'UTF8'), 'hex')}),
	'c3a4', 'LATIN1: a character of the text');
is(answer('latin1', q{SELECT encode(convert_to(dm_jsonb_to_yaml(dm_yaml_to_jsonb(convert_from('\x613a20e4', 'LATIN1'))), 'UTF8'), 'hex')}),
	'613a20c3a40a', 'LATIN1: and written');
# behind escapes
is(answer('latin1', q{SELECT encode(convert_to(dm_yaml_to_jsonb('a: "\u00e4"') ->> 'a', 'UTF8'), 'hex')}),
	'c3a4', 'LATIN1: a character behind an escape of YAML');
is(answer('latin1', q{SELECT encode(convert_to(dm_yaml_to_jsonb('{"a": "\u00e4"}') ->> 'a', 'UTF8'), 'hex')}),
	'c3a4', 'LATIN1: and of JSON');
for my $document ('a: "\u20ac"', '{"a": "\u20ac"}', '{"\u20ac": 1}', '"\U0001F600"')
{
	like(answer('latin1', "SELECT dm_yaml_to_jsonb('$document')"),
		qr/^ERROR the document cannot be read: a text has a character that has no equivalent in encoding "LATIN1" \(line 1/,
		"LATIN1: no equivalent in $document");
}
# messages show what they can
like(answer('latin1', q{SELECT dm_yaml_to_jsonb(convert_from('\x613a2021e4', 'LATIN1'))}),
	qr/^ERROR .*\(line 1, column 5\)/, 'LATIN1: a place behind other characters');
like(answer('latin1', q{SELECT dm_yaml_to_jsonb('!<!%E2%82%AC> a')}),
	qr/^ERROR the document cannot be read: tag "!\?\?\?" is not/, 'LATIN1: a message with what has no equivalent');
is(answer('latin1', q{SELECT dm_yaml_to_jsonb(dm_jsonb_to_yaml(v)) = v FROM (SELECT jsonb_agg(convert_from(decode(lpad(to_hex(i), 2, '0'), 'hex'), 'LATIN1')) AS v FROM generate_series(1, 255) AS i) AS x}),
	't', 'LATIN1: all characters come back');

is(answer('euc_jp', q{SELECT encode(convert_to(dm_yaml_to_jsonb(convert_from('\x613a20e697a5e69cac', 'UTF8')) ->> 'a', 'UTF8'), 'hex')}),
	'e697a5e69cac', 'EUC_JP: characters of the text');
like(answer('euc_jp', q{SELECT dm_yaml_to_jsonb('a: "\U0001F600"')}), qr/^ERROR .*no equivalent/, 'EUC_JP: no equivalent');

# bytes without an encoding are UTF-8 or refused
is(answer('sql_ascii', q{SELECT encode((dm_yaml_to_jsonb(E'a: \xc3\xa4') ->> 'a')::bytea, 'hex')}), 'c3a4',
	'SQL_ASCII: UTF-8 stays what it is');
like(answer('sql_ascii', q{SELECT dm_yaml_to_jsonb(E'a: b\nc: \xe4')}),
	qr/^ERROR the document cannot be read: the text is not valid in UTF-8 \(line 2, column 4\)/, 'SQL_ASCII: other bytes are refused');
like(answer('sql_ascii', q{SELECT dm_jsonb_to_yaml(to_jsonb(E'\xe4'::text))}),
	qr/^ERROR the document cannot be written: a text is not valid in UTF-8/, 'SQL_ASCII: nor are they written');

$node->stop;
done_testing();
