# The 292 cases of Great Expectations, as rules of ours: each is added, checked, and has the outcome
# that is expected there.  test/data/quality/expectations/left_out lists those that no rule can
# express, each with its reason; an entry that is there without need fails, too.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use JSON::PP;
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = "$FindBin::RealBin/../data/quality/expectations";
my $node = mesh_node('expectations', init => { extra => [ '--encoding=UTF8', '--locale=C' ] });
my $json = JSON::PP->new->canonical->allow_nonref;

# The outcome of a case: what its rules say together.  Rules about rows pass where there are none,
# as there.
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION datamesh;
ALTER DATABASE postgres SET datamesh.check_empty = 'passed';
CREATE TABLE answer (id serial, name text, expected text, answer text);
CREATE FUNCTION outcome(tab regclass, rules jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r jsonb;
	n int := 0;
	result text;
BEGIN
	FOR r IN SELECT jsonb_array_elements(rules) LOOP
		n := n + 1;
		PERFORM dm_add_rule(tab, 'r' || n, r ->> 'metric', (r ->> 'column')::name,
			coalesce(r -> 'arguments', '{}'), r ->> 'must', coalesce(r ->> 'unit', 'rows'),
			"where" => r ->> 'where', tolerance => coalesce((r ->> 'tolerance')::float8, 0));
	END LOOP;
	SELECT CASE WHEN bool_or(verdict = 'error') THEN 'error: ' || string_agg(message, '; ')
		WHEN bool_or(verdict = 'failed') THEN 'false'
		WHEN bool_and(verdict = 'passed') THEN 'true'
		ELSE string_agg(verdict, ', ') END
	INTO result FROM dm_check(tab);
	PERFORM dm_drop_rule(tab, 'r' || i) FROM generate_series(1, n) i;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN 'error: ' || sqlerrm;
END $$;
SQL

my %type = (
	INTEGER => 'integer', BIGINT => 'bigint', TEXT => 'text', TIMESTAMP => 'timestamp',
	DOUBLE_PRECISION => 'double precision', BOOLEAN => 'boolean');

sub literal
{
	my ($value) = @_;
	return 'NULL' unless defined $value;
	return $value ? 'true' : 'false' if JSON::PP::is_bool($value);
	$value =~ s/'/''/g;
	return "'$value'";
}

sub ident
{
	my ($name) = @_;
	$name =~ s/"/""/g;
	return qq("$name");
}

# Whether JSON::PP read the value as a number; a column has numbers only, or is text.
sub is_number
{
	my ($value) = @_;
	return !ref $value && $json->encode($value) !~ /^"/;
}

sub guess_type
{
	my @values = grep { defined } @_;
	return @_ ? 'text' : 'integer' unless @values;
	return 'boolean' unless grep { !JSON::PP::is_bool($_) } @values;
	return 'text' if grep { ref $_ || !is_number($_) } @values;
	return (grep { $json->encode($_) =~ /[.eE]/ } @values) ? 'double precision' : 'integer';
}

# The table of a data set; its second form is for systems whose columns have one type.
my $tables = 0;

sub create_table
{
	my ($dataset, $data) = @_;
	my $types = ($dataset->{schemas} // {})->{postgresql} // {};
	my $table = 'd' . ++$tables;
	my @columns = sort keys %$data;
	my @defs;
	for my $column (@columns)
	{
		my $as = $types->{$column} && $type{ $types->{$column} };
		# not what the file says where the data are of several types
		$as = guess_type(@{ $data->{$column} })
		  if !$as || ($as eq 'integer' && guess_type(@{ $data->{$column} }) eq 'double precision');
		push @defs, ident($column) . " $as";
	}
	my $rows = @columns ? scalar @{ $data->{ $columns[0] } } : 0;
	my $sql = "CREATE TABLE $table (" . join(', ', @defs) . ");\n";
	for my $i (0 .. $rows - 1)
	{
		$sql .= "INSERT INTO $table VALUES (" . join(', ', map { literal($data->{$_}[$i]) } @columns) . ");\n";
	}
	return ($table, $sql);
}

sub number
{
	my ($value) = @_;
	return 'infinity' unless defined $value;
	return $value if is_number($value);
	$value =~ s/'/''/g;
	return "'$value'";
}

# "between", with what is open at one end or at both
sub bounds
{
	my ($min, $max) = @_;
	return 'between ' . number($min) . ' and ' . number($max) if defined $min && defined $max;
	return '>= ' . number($min) if defined $min;
	return '<= ' . number($max) if defined $max;
	return '>= -infinity';
}

# "mostly": the share of rows that need not fail
sub mostly
{
	my ($in) = @_;
	return () unless defined $in->{mostly};
	return (unit => 'percent', must => '<= ' . 100 * (1 - $in->{mostly}), tolerance => 1e-6);
}

# Conditions of pandas, as far as the cases have them; undef for another language.
sub condition
{
	my ($in) = @_;
	return '' unless defined $in->{row_condition};
	return undef if ($in->{condition_parser} // '') ne 'pandas';
	my $sql = $in->{row_condition};
	$sql =~ s/ *== */ = /g;
	$sql =~ s/ *!= */ <> /g;
	$sql =~ s/ & / AND /g;
	$sql =~ s/= *(\d+)/= '$1'/g;
	$sql =~ s/"([^"]*)"/'$1'/g;
	return $sql;
}

sub where
{
	my @parts = grep { defined && $_ ne '' } @_;
	return () unless @parts;
	return (where => join(' AND ', map { "($_)" } @parts));
}

# A rule about the values of a column: those that are there.
sub of_values
{
	my ($in, $metric, $arguments) = @_;
	my $given = defined $in->{mostly} && ident($in->{column}) . ' IS NOT NULL';
	return { metric => $metric, column => $in->{column}, arguments => $arguments, mostly($in),
		where(condition($in), $given || undef) };
}

sub aggregate
{
	my ($in, $metric, %arguments) = @_;
	return { metric => $metric, column => $in->{column}, arguments => \%arguments,
		must => bounds($in->{min_value}, $in->{max_value}), tolerance => 1e-9 };
}

# Where nothing said is an error, not a condition that always holds.
sub needs_bounds
{
	my ($rule, $in) = @_;
	delete $rule->{must} unless defined $in->{min_value} || defined $in->{max_value};
	return $rule;
}

sub between
{
	my ($in) = @_;
	my ($min, $max) = @$in{qw(min_value max_value)};
	return of_values($in, 'minimum', {}) unless defined $min || defined $max;
	my ($low, $high) = ($in->{strict_min} ? 'exclusiveMinimum' : 'minimum', $in->{strict_max} ? 'exclusiveMaximum' : 'maximum');
	# a row that breaks one of them or both fails once
	if (defined $in->{mostly} && defined $min && defined $max)
	{
		my $column = ident($in->{column});
		my $rule = of_values($in, 'expression', { expression => "$column BETWEEN $min AND $max" });
		delete $rule->{column};
		return $rule;
	}
	return ((defined $min ? of_values($in, $low, { value => $min }) : ()),
		(defined $max ? of_values($in, $high, { value => $max }) : ()));
}

sub pair_given
{
	my ($in, @columns) = @_;
	my @null = map { ident($_) . ' IS NULL' } @columns;
	my $ignore = $in->{ignore_row_if} // 'all';
	return $ignore =~ /^(?:either|any)_/ ? 'NOT (' . join(' OR ', @null) . ')' : 'NOT (' . join(' AND ', @null) . ')';
}

sub quantiles
{
	my ($in) = @_;
	my $ranges = $in->{quantile_ranges};
	return map {
		{ metric => 'quantile', column => $in->{column}, arguments => { p => $ranges->{quantiles}[$_] },
			must => bounds(@{ $ranges->{value_ranges}[$_] }) }
	} 0 .. $#{ $ranges->{quantiles} };
}

# What a case is in rules; nothing where it says nothing.
my %rules = (
	expect_column_chisquare_test_p_value_to_be_greater_than => sub {
		my ($in) = @_;
		return { metric => 'chiSquareTest', column => $in->{column}, must => "> $in->{p}",
			arguments => { reference => $in->{partition_object},
				defined $in->{tail_weight_holdout} ? (tail => $in->{tail_weight_holdout}) : () } };
	},
	expect_column_distinct_values_to_be_in_set => sub {
		my ($in) = @_;
		return unless $in->{value_set};
		return { metric => 'distinctSet', column => $in->{column}, arguments => { values => $in->{value_set} } };
	},
	expect_column_max_to_be_between => sub { aggregate($_[0], 'max') },
	expect_column_min_to_be_between => sub { needs_bounds(aggregate($_[0], 'min'), $_[0]) },
	expect_column_mean_to_be_between => sub { aggregate($_[0], 'mean') },
	expect_column_sum_to_be_between => sub { needs_bounds(aggregate($_[0], 'sum'), $_[0]) },
	expect_column_stdev_to_be_between => sub { aggregate($_[0], 'stddev') },
	expect_column_proportion_of_unique_values_to_be_between => sub { aggregate($_[0], 'proportionUnique') },
	expect_column_pair_values_to_be_equal => sub {
		my ($in) = @_;
		return { metric => 'pair', column => $in->{column_A},
			arguments => { other => $in->{column_B}, operator => '=', ignore => 'never' },
			mostly($in), where(pair_given($in, $in->{column_A}, $in->{column_B})) };
	},
	expect_column_quantile_values_to_be_between => \&quantiles,
	expect_column_to_exist => sub {
		my ($in) = @_;
		return { metric => 'present', column => $in->{column},
			arguments => defined $in->{column_index} ? { position => $in->{column_index} + 1 } : {} };
	},
	expect_column_value_lengths_to_be_between => sub {
		my ($in) = @_;
		my ($min, $max) = @$in{qw(min_value max_value)};
		return of_values($in, 'minLength', {}) unless defined $min || defined $max;
		return ((defined $min ? of_values($in, 'minLength', { value => $min }) : ()),
			(defined $max ? of_values($in, 'maxLength', { value => $max }) : ()));
	},
	expect_column_values_to_be_between => \&between,
	expect_column_values_to_be_in_set => sub { of_values($_[0], 'enum', { values => $_[0]{value_set} }) },
	expect_column_values_to_not_be_in_set => sub {
		return of_values($_[0], 'notEnum', $_[0]{value_set} ? { values => $_[0]{value_set} } : {});
	},
	expect_column_values_to_be_null => sub {
		my ($in) = @_;
		return { metric => 'nullValues', column => $in->{column}, unit => 'percent',
			must => '>= ' . 100 * ($in->{mostly} // 1), tolerance => 1e-6 };
	},
	expect_column_values_to_not_be_null => sub {
		return { metric => 'nullValues', column => $_[0]{column}, mostly($_[0]) };
	},
	expect_column_values_to_be_of_type => sub {
		(my $name = $_[0]{type_}) =~ s/_/ /g;
		return { metric => 'physicalType', column => $_[0]{column}, arguments => { type => lc $name } };
	},
	expect_column_values_to_be_unique => sub { of_values($_[0], 'unique', {}) },
	expect_column_values_to_match_regex => sub { of_values($_[0], 'pattern', { pattern => $_[0]{regex} }) },
	expect_column_values_to_match_strftime_format => sub {
		return of_values($_[0], 'strftime', { format => $_[0]{strftime_format} });
	},
	expect_compound_columns_to_be_unique => sub {
		my ($in) = @_;
		return { metric => 'duplicateValues', arguments => { properties => $in->{column_list} }, mostly($in),
			where(condition($in), pair_given($in, @{ $in->{column_list} })) };
	},
	expect_table_columns_to_match_set => sub {
		my ($in) = @_;
		return unless $in->{column_set};
		return { metric => 'columns', arguments => { names => $in->{column_set}, exact => $in->{exact_match} } };
	},
	expect_table_row_count_to_be_between => sub {
		return { metric => 'rowCount', must => bounds($_[0]{min_value}, $_[0]{max_value}) };
	},
	expect_table_row_count_to_equal => sub { return { metric => 'rowCount', must => '= ' . number($_[0]{value}) } },
);

# A moment that cases tell relative to now.
sub resolve
{
	my ($in) = @_;
	for my $value (values %$in)
	{
		next unless ref $value eq 'HASH' && exists $value->{'$PARAMETER'};
		my ($weeks) = $value->{'$PARAMETER'} =~ /weeks=(\d+)/ or die "unknown parameter";
		my @t = gmtime(time - $weeks * 7 * 86400);
		$value = sprintf '%04d-%02d-%02d %02d:%02d:%02d', $t[5] + 1900, $t[4] + 1, @t[ 3, 2, 1, 0 ];
	}
	return;
}

my (@all, %unsaid);
my $script = '';
for my $file (sort glob "$folder/*.json")
{
	my $suite = $json->decode(slurp_file($file));
	my $make = $rules{ $suite->{expectation_type} } or die "no rules for $suite->{expectation_type}";
	for my $dataset (@{ $suite->{datasets} })
	{
		my ($table, $sql) = create_table($dataset, $dataset->{data_alt} // $dataset->{data});
		my ($mixed) = ($table);
		$script .= $sql;
		($mixed, $sql) = create_table({}, $dataset->{data}) if $dataset->{data_alt};
		$script .= $sql if $dataset->{data_alt};
		my %seen;
		for my $test (@{ $dataset->{tests} })
		{
			my $in = $test->{in};
			my $name = "$dataset->{dataset_name}: $test->{title}";
			$name .= ' ' . ++$seen{$name} if $seen{$name}++;
			push @all, $name;
			resolve($in);
			my $expected = !exists $test->{out}{success} ? 'error' : $test->{out}{success} ? 'true' : 'false';
			my @rules = defined condition($in) ? $make->($in) : ();
			if (!@rules)
			{
				$unsaid{$name} = 1;
				next;
			}
			my $on = join(',', @{ $test->{only_for} // [] }) eq 'pandas' ? $mixed : $table;
			$script .= sprintf "INSERT INTO answer (name, expected, answer) VALUES (%s, '%s', outcome('%s', %s));\n",
			  literal($name), $expected, $on, literal($json->encode(\@rules));
		}
	}
}
is(scalar @all, 292, 'the cases are there');
$node->safe_psql('postgres', $script);
is($node->safe_psql('postgres', 'SELECT count(*) FROM answer'), @all - keys %unsaid, 'the cases ran');

my %wrong = map { split /\x1f/ } split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT name || chr(31) || format('%s instead of %s', replace(answer, E'\n', ' '), expected) FROM answer
WHERE CASE expected WHEN 'error' THEN answer NOT LIKE 'error: %' ELSE answer <> expected END ORDER BY id
SQL
$wrong{$_} = 'no rule' for keys %unsaid;

my %left_out;
my $reason;
for (split /\n/, slurp_file("$folder/left_out"))
{
	next if /^\s*$/;
	if (/^# (.*)/) { $reason = $1; next; }
	die "no reason above \"$_\"" unless defined $reason;
	$left_out{$_} = $reason;
}
for my $name (@all)
{
	if (!exists $wrong{$name})
	{
		fail("$name is left out without need") if exists $left_out{$name};
		next;
	}
	ok(exists $left_out{$name}, "$name: $wrong{$name}") if !exists $left_out{$name};
}
my %known = map { $_ => 1 } @all;
is_deeply([ grep { !$known{$_} } sort keys %left_out ], [], 'every case that is left out is one');
note(sprintf '%d cases have the expected outcome, %d are left out', @all - keys %wrong, scalar keys %left_out);
cmp_ok(@all - keys %wrong, '>=', 240, 'most cases can be expressed');

done_testing();
