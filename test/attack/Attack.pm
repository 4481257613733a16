# What the attack scripts share: a mesh with planted values, attackers' sessions, and the judge
# that looks for the planted values in every byte that came back.
#
# The values are words of 14 random letters and numbers of 12 digits, none of which occurs
# anywhere else.  A piece of six letters or eight digits is enough to convict, forwards,
# backwards, in either case, in hexadecimal or base64; so is a digest of the whole value.

package Attack;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Digest::SHA qw(sha1_hex sha224_hex sha256_hex sha384_hex sha512_hex);
use Exporter 'import';
use FindBin;
use IPC::Run;
use MIME::Base64;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib "$FindBin::RealBin/../perl";
use Mesh;

our @EXPORT = qw(begin_attacks end_attacks attack oracle judge canary admin nodes run_as leaks);

my $rows = 30;

# canary(kind, row): a planted value.  Letters only, so that no digest or number contains one.
sub canary
{
	my ($kind, $row) = @_;
	my $digest = md5_hex("datamesh attack $kind $row");
	return 100000 + hex(substr($digest, 0, 7)) % 899999 . sprintf("%06d", hex(substr($digest, 7, 7)) % 1000000)
	  if $kind eq 'salary';
	my $word = '';
	$word .= chr(97 + hex(substr($digest, 2 * $_, 2)) % 26) for 0 .. 13;
	return $word;
}

# What is planted, and from whom it is hidden.  "masked": the columns that a tag guards, from
# readers without clearance.  "hidden": everything in the rows that a row policy hides.
my %planted = (
	masked => [ map { my $row = $_; map { canary($_, $row) } qw(email name salary ssn doc memo) } 1 .. $rows ],
	hidden => [ map { my $row = $_; map { canary($_, $row) } qw(email name salary ssn doc memo note) } grep { $_ % 3 == 0 } 1 .. $rows ],
	all => [ map { my $row = $_; map { canary($_, $row) } qw(email name salary ssn doc memo note) } 1 .. $rows ]);
my %needles;

# Everything that betrays a value: pieces of it, which are looked for in lower case, the same in
# base64, and digests.  By the length of the needle.
sub needles_of
{
	my ($value, $plain, $base64) = @_;
	my $size = $value =~ /^\d+$/ ? 8 : 6;

	for my $text ($value, scalar reverse $value)
	{
		for my $from (0 .. length($text) - $size)
		{
			my $piece = substr $text, $from, $size;
			my $hex = unpack 'H*', $piece;
			$plain->{ length $piece }{$piece} = 1;
			$plain->{ length $hex }{$hex} = 1;
			# six letters are 8 characters of base64 where they begin a group
			$base64->{8}{ encode_base64($_, '') } = 1 for $size == 6 ? ($piece, uc $piece) : ();
		}
	}
	for my $text ($value, uc $value, "$value\@mail.example", uc "$value\@mail.example")
	{
		$plain->{ length $_ }{$_} = 1
		  for md5_hex($text), sha1_hex($text), sha224_hex($text), sha256_hex($text), sha384_hex($text), sha512_hex($text);
	}
	return;
}

sub needles
{
	my ($kind) = @_;
	if (!$needles{$kind})
	{
		my ($plain, $base64) = ({}, {});
		needles_of($_, $plain, $base64) for @{ $planted{$kind} // [] };
		$needles{$kind} = [ $plain, $base64 ];
	}
	return @{ $needles{$kind} };
}

# The pieces of a text that are needles.
sub find
{
	my ($text, $needles) = @_;
	my %found;
	for my $size (keys %$needles)
	{
		my $known = $needles->{$size};
		# digests are long words of hexadecimal digits
		if ($size >= 32)
		{
			for my $word ($text =~ /([0-9a-f]{$size,})/g)
			{
				$found{$_} = 1 for grep { $known->{$_} } map { substr $word, $_, $size } 0 .. length($word) - $size;
			}
			next;
		}
		for my $from (0 .. length($text) - $size)
		{
			my $piece = substr $text, $from, $size;
			$found{$piece} = 1 if $known->{$piece};
		}
	}
	return sort keys %found;
}

# leaks(kind, text): the pieces of planted values in a text.
sub leaks
{
	my ($kind, $text) = @_;
	my ($plain, $base64) = needles($kind);
	return (find(lc $text, $plain), find($text, $base64));
}

# The mesh: domain shop with its team and app, domain other, and the attackers:
#	mia		agreement without clearance		tom		clearance for tokens
#	ida		clearance for all				eve		no agreement
#	pool	login that may become any of them (NOINHERIT)
#	sam		agreement, and a row policy that hides every third row
my $team = 'shop_team';
my @attackers = qw(mia tom ida eve sam pool shop_team shop_app other_team);

sub mesh_sql
{
	my $data = join ",\n", map {
		my $row = $_;
		my %value = map { $_ => canary($_, $row) } qw(email name ssn doc memo note salary);
		sprintf q{(%d, '%s@mail.example', '%s', %s, '%s', '{"secret": "%s"}', '%s', '%s', '%s', date '2024-01-01' + %d)}, $row,
		  @value{qw(email name salary ssn doc memo note)}, $row % 3 == 0 ? 'zz' : 'nl', $row;
	} 1 .. $rows;
	return slurp_file("$FindBin::RealBin/mesh.sql") =~ s/:data/$data/r;
}

my @nodes;

sub nodes { return @nodes }

# Servers with the library preloaded and without, and with every attacker's schema.
sub begin_attacks
{
	my ($name, %opt) = @_;
	for my $preload (1, 0)
	{
		my $node = mesh_node("${name}_$preload", preload => $preload,
			init => { allows_streaming => 'logical' },
			conf => "log_statement = none\nmax_prepared_transactions = 2\n" . ($opt{conf} // ''));
		$node->safe_psql('postgres', 'CREATE DATABASE attack');
		$node->safe_psql('attack', mesh_sql());
		push @nodes, $node;
	}
	return @nodes;
}

sub end_attacks
{
	for my $node (@nodes)
	{
		$node->stop;
		unlike(slurp_file($node->logfile), qr/PANIC:|TRAP:|was terminated by signal/, 'no crash of ' . $node->name);
	}
	done_testing();
	return;
}

# A superuser's statement on every server.
sub admin
{
	my ($sql) = @_;
	$_->safe_psql('attack', $sql) for @nodes;
	return;
}

# run_as(node, role, script, options): what a session of its own printed, and its SQLSTATEs.
sub run_as
{
	my ($node, $role, $script, %opt) = @_;
	my ($out, $err) = ('', '');
	my %set = (client_min_messages => 'debug1', %{ $opt{set} // {} });
	local $ENV{PGOPTIONS} = join ' ', map { my $v = $set{$_}; $v =~ s/([\\ ])/\\$1/g; "-c $_=$v" } sort keys %set;
	my $user = $role eq 'superuser' ? superuser($node) : $role;
	IPC::Run::run(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=always', '-f', '-', '-d', $node->connstr('attack') . " user='$user'" ],
		'<', \$script, '>', \$out, '2>', \$err);
	my $errors = join ' ', $err =~ /(?:ERROR|FATAL|PANIC):  (\w{5}):/g;
	return ($out, $err, $errors);
}

my %modes = (
	auto => {},
	generic => { plan_cache_mode => 'force_generic_plan' },
	parallel => {
		parallel_setup_cost => 0, parallel_tuple_cost => 0, min_parallel_table_scan_size => 0,
		max_parallel_workers_per_gather => 4 });

# After an attack that made objects: the attackers' schemas are new.
sub renew
{
	my ($node) = @_;
	$node->safe_psql('attack', join '', 'SET client_min_messages = error;',
		map { "DROP SCHEMA IF EXISTS ${_}_work CASCADE; CREATE SCHEMA ${_}_work AUTHORIZATION $_;" } @attackers);
	return;
}

# The lines that hold what was found.
sub where_seen
{
	my ($text, @found) = @_;
	my @lines = grep { my $line = lc; grep { index($line, lc) >= 0 } @found } split /\n/, $text;
	return join "\n", map { substr $_, 0, 200 } @lines[0 .. ($#lines < 4 ? $#lines : 4)];
}

# attack(name, role => ..., sql => ..., errors => 'SQLSTATEs', like => qr/answer/, ...): runs the
# script on every server and in every mode; nothing planted may come back, and exactly these
# errors.  hidden => 'masked' (default), 'hidden' or 'all' is what must not be seen.
sub attack
{
	my ($name, %opt) = @_;
	my $kind = $opt{hidden} // 'masked';
	my @problems;

	for my $node ($opt{node} ? $opt{node} : @nodes)
	{
		for my $mode (@{ $opt{modes} // [ 'auto', 'generic' ] })
		{
			my $where = $node->name . "/$mode";
			$node->safe_psql('attack', $opt{before}) if $opt{before};
			my %set = (%{ $modes{$mode} }, %{ $opt{set} // {} });
			$set{'datamesh.purpose'} = $opt{purpose} // 'reporting';
			my ($out, $err, $errors) = run_as($node, $opt{role} // 'mia', $opt{sql}, set => \%set);
			$node->safe_psql('attack', $opt{after}) if $opt{after};
			renew($node) if $opt{sql} =~ /create|select\s.*into|import/i && !$opt{keep};

			my $wanted = $opt{errors} // '';
			my @leaks = leaks($kind, "$out\n$err");
			push @problems, "$where: planted values came out: @leaks[0 .. ($#leaks < 3 ? $#leaks : 3)]\n" . where_seen("$out\n$err", @leaks)
			  if @leaks;
			push @problems, "$where: SQLSTATEs '$errors', not '$wanted'\n" . join '', $err =~ /((?:ERROR|FATAL): .*\n)/g
			  unless ref $wanted ? $errors =~ $wanted : $errors eq $wanted;
			push @problems, "$where: answer\n$out\nis not like $opt{like}"
			  if defined $opt{like} && $out !~ $opt{like};
		}
	}
	ok(!@problems, $name);
	diag(map { substr($_, 0, 1500) . "\n" } @problems[0 .. ($#problems < 2 ? $#problems : 2)]) if @problems;
	return !@problems;
}

# oracle(name, right => value, wrong => value, sql => '... {guess} ...'): what a session sees must
# be the same for a right guess as for a wrong one, whatever it is.
sub oracle
{
	my ($name, %opt) = @_;
	my @problems;

	for my $node (@nodes)
	{
		for my $mode (@{ $opt{modes} // [ 'auto', 'generic' ] })
		{
			my %seen;
			for my $guess ($opt{right}, $opt{wrong})
			{
				my $sql = $opt{sql} =~ s/\{guess\}/$guess/gr;
				my %set = (%{ $modes{$mode} }, %{ $opt{set} // {} }, client_min_messages => 'notice');
				$set{'datamesh.purpose'} = $opt{purpose} // 'reporting';
				$node->safe_psql('attack', $opt{before}) if $opt{before};
				my ($out, $err, $errors) = run_as($node, $opt{role} // 'mia', $sql, set => \%set);
				$node->safe_psql('attack', $opt{after}) if $opt{after};
				renew($node) if $sql =~ /create/i;
				my $text = "$out$err" =~ s/\b\Q$guess\E\b/{guess}/gr;
				$text =~ s/^psql:.*?(?=ERROR|NOTICE|WARNING)//mg;
				$text =~ s/^LINE \d+: .*\n.*\^\n//mg;
				$seen{$guess} = $text;
				push @problems, $node->name . "/$mode: SQLSTATEs '$errors', not '$opt{errors}'\n" . join '', $err =~ /((?:ERROR|FATAL): .*\n)/g
				  if defined $opt{errors} && (ref $opt{errors} ? $errors !~ $opt{errors} : $errors ne $opt{errors});
			}
			push @problems, $node->name . "/$mode: right guess\n$seen{$opt{right}}wrong guess\n$seen{$opt{wrong}}"
			  if $seen{ $opt{right} } ne $seen{ $opt{wrong} };
		}
	}
	ok(!@problems, $name);
	diag(map { substr($_, 0, 1500) . "\n" } @problems[0 .. ($#problems < 2 ? $#problems : 2)]) if @problems;
	return;
}

# judge(name, kind, text): a text that came by another way.
sub judge
{
	my ($name, $kind, $text) = @_;
	my @leaks = leaks($kind, $text);
	ok(!@leaks, $name) or diag("planted values came out: @leaks\n" . substr $text, 0, 2000);
	return;
}

# The judge must be able to convict.
sub try_the_judge
{
	my $word = canary('email', 7);
	my @telling = (
		$word, uc $word, substr($word, 4, 6), scalar reverse($word), unpack('H*', $word), md5_hex("$word\@mail.example"),
		sha256_hex($word), encode_base64($word), encode_base64("x$word"), 'error: "' . ucfirst($word) . '"', canary('salary', 7));
	is(scalar(grep { my @found = leaks('masked', "before $_ after"); !@found } @telling), 0, 'the judge knows a planted value in disguise');
	is_deeply([ leaks('masked', 'u***@mail.example, ' . substr($word, 0, 5) . ', ' . md5_hex('x')) ], [], 'and nothing else');
	return;
}
try_the_judge();

1;
