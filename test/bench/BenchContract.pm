# Contracts: lint, import, differences, and the memory that reading takes.
package BenchContract;
use strict;
use warnings;
use FindBin;
use Time::HiRes qw(time);
use Bench qw(session run timed median report heading one_value);

my $rounds = $ENV{BENCH_ROUNDS} || 7;
my $contracts = 1000;
my $columns = 20;
my $wide = 2000;
my $examples = "$FindBin::Bin/../data/odcs";

# A contract of generated columns with what real ones have: types, options, examples, rules, a
# classification here and there.  The variant tells two versions of one contract from each other.
sub set_up
{
	run(<<'SQL');
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE ROLE contract_owner LOGIN;
CREATE SCHEMA many AUTHORIZATION contract_owner;
CREATE SCHEMA bench_contract;
GRANT ALL ON SCHEMA bench_contract TO contract_owner;
CREATE FUNCTION bench_contract.text(name text, columns int, version text, variant int DEFAULT 0) RETURNS text
LANGUAGE sql AS $$
SELECT format(E'apiVersion: v3.1.0\nkind: DataContract\nid: %1$s\nversion: %2$s\nstatus: active\ndomain: many\ndataProduct: %1$s\n'
  'description:\n  purpose: generated for a benchmark\nteam:\n  name: bench\nschema:\n- name: %1$s\n  physicalType: table\n'
  '  description: a table of %3$s columns\n  properties:\n', name, version, columns) ||
  (SELECT string_agg(format(CASE i % 4
    WHEN 0 THEN E'  - name: c%1$s\n    id: c%1$s_id\n    logicalType: integer\n    physicalType: %2$s\n    required: true\n    unique: %3$s\n'
    WHEN 1 THEN E'  - name: c%1$s\n    id: c%1$s_id\n    logicalType: string\n    physicalType: varchar(%4$s)\n    description: column %1$s\n'
      '    logicalTypeOptions:\n      maxLength: %4$s\n      pattern: ^[a-z]*$\n    examples:\n    - abc\n    - x\n'
    WHEN 2 THEN E'  - name: c%1$s\n    id: c%1$s_id\n    logicalType: number\n    physicalType: numeric(12,2)\n    quality:\n    - metric: nullValues\n'
      '      mustBeLessThan: %4$s\n      unit: rows\n'
    ELSE E'  - name: c%1$s\n    id: c%1$s_id\n    logicalType: timestamp\n    physicalType: timestamptz\n    tags: [generated]\n' END,
    i, CASE variant WHEN 0 THEN 'integer' ELSE 'bigint' END, CASE i WHEN 4 THEN 'true' ELSE 'false' END, 30 + variant), '' ORDER BY i)
   FROM generate_series(1, columns) AS i)
$$;
SELECT dm_register_domain('many', 'contract_owner', '{many}');
CREATE TABLE bench_contract.document (name text, text text);
GRANT SELECT ON bench_contract.document TO contract_owner;
SQL
	for my $file (glob("$examples/examples-*/all/*.yaml"))
	{
		my ($version) = $file =~ m{examples-([^/]*)};
		open my $in, '<', $file or die "$file: $!";
		local $/ = undef;
		add_document("official, $version", '$odcs$' . <$in> . '$odcs$');
	}
	add_document("$_ properties", "bench_contract.text('t', $_, '1.0.0')") for $columns, 200, $wide, 4 * $wide, 16 * $wide;
	add_document("$wide changed", "bench_contract.text('t', $wide, '2.0.0', 1)");
	return;
}

sub add_document
{
	my ($name, $text) = @_;
	run("INSERT INTO bench_contract.document VALUES ('$name', $text);");
	return;
}

sub document
{
	my ($name) = @_;
	return "(SELECT text FROM bench_contract.document WHERE name = '$name')";
}

sub lint
{
	heading('dm_lint_contract (ms)');
	my $session = session('contract_owner');
	for my $what ('official, v3.1.0', 'official, v3.2.0-unreleased', "$columns properties", '200 properties', "$wide properties")
	{
		my $query = 'SELECT count(*) FROM dm_lint_contract(' . document($what) . ')';
		my @times = map { timed($session, $query) } 0 .. $rounds;
		report($what, ['lint'], { lint => [ @times[ 1 .. $#times ] ] });
	}
	# what a session pays once: the schema is compiled
	my $query = 'SELECT count(*) FROM dm_lint_contract(' . document('official, v3.1.0') . ')';
	my @first = map { timed(session('contract_owner'), $query) } 1 .. $rounds;
	report('first of a session', ['lint'], { lint => \@first });
	return;
}

# Each import is a transaction of its own, as a pipeline would do it.
sub import_many
{
	heading("dm_import_contract: $contracts contracts of $columns columns (ms each)");
	for my $way ('without tables', 'with tables')
	{
		my $name = $way eq 'with tables' ? 'there' : 'later';
		run(<<"SQL") if $way eq 'with tables';
SET SESSION AUTHORIZATION contract_owner;
SELECT format('CREATE TABLE many.there%s (%s)', n, (SELECT string_agg(format('c%s %s', i, (ARRAY['integer', 'varchar(30)', 'numeric(12,2)', 'timestamptz'])[1 + i % 4]), ', ') FROM generate_series(1, $columns) i))
FROM generate_series(1, $contracts) n \\gexec
SQL
		my $start = time;
		run(<<"SQL");
SET SESSION AUTHORIZATION contract_owner;
SET client_min_messages = error;
SELECT format('SELECT dm_import_contract(%L)', bench_contract.text('$name' || n, $columns, '1.0.0')) FROM generate_series(1, $contracts) n \\gexec
SQL
		my $each = (time - $start) * 1000 / $contracts;
		report($way, ['import'], { import => [$each] });
	}
	return;
}

sub diff
{
	heading("dm_diff_contract: two contracts of $wide properties (ms)");
	my $session = session('contract_owner');
	my ($old, $new) = (document("$wide properties"), document("$wide changed"));
	my %times;
	for my $round (0 .. $rounds)
	{
		for my $pair ([ same => $old, $old ], [ changed => $old, $new ])
		{
			my ($name, @texts) = @$pair;
			my $ms = timed($session, "SELECT count(*) FROM dm_diff_contract($texts[0], $texts[1])");
			push @{ $times{$name} }, $ms if $round > 0;
		}
	}
	report('diff', [qw(same changed)], \%times);
	return;
}

# The peak of a fresh backend, in kB
sub peak
{
	my ($session, $pid, $query) = @_;
	timed($session, $query);
	open my $status, '<', "/proc/$pid/status" or return;
	my ($peak) = map { /^VmHWM:\s*(\d+)/ ? $1 : () } <$status>;
	return $peak;
}

# The text itself is in memory some times over before anybody has read it: that is the floor.
sub memory
{
	heading('memory of dm_lint_contract (kB above the same text untouched)');
	for my $width ($wide, 4 * $wide, 16 * $wide)
	{
		my $text = document("$width properties");
		my %peak;
		for my $what (qw(length lint))
		{
			my $session = session('contract_owner');
			my $pid = one_value("SELECT max(pid) FROM pg_stat_activity WHERE usename = 'contract_owner'");
			timed($session, q{SELECT count(*) FROM dm_lint_contract('a')});
			$peak{$what} = peak($session, $pid,
				$what eq 'lint' ? "SELECT count(*) FROM dm_lint_contract($text)" : "SELECT length($text)");
			return unless defined $peak{$what};
			close_session($session);
		}
		my $size = one_value("SELECT length($text) / 1024");
		my $more = $peak{lint} - $peak{length};
		printf "%-26s %8d kB of text  %8d kB  %6.1f times\n", "$width properties", $size, $more, $more / $size;
	}
	return;
}

sub close_session
{
	my ($session) = @_;
	close $session->{in};
	waitpid $session->{pid}, 0;
	return;
}

sub run_all
{
	set_up();
	lint();
	import_many();
	diff();
	memory();
	return;
}

1;
