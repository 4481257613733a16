# The documents tell the truth: the sql blocks of README.md and doc/tutorial.md are run,
# each document in one psql session and a fresh database with Pagila, and print what the
# text block below them says.
#
# When an answer has changed and is right, copy it from the document as it came out, in the
# folder of this test's log.

use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('tutorial');
$node->init;
$node->append_conf('postgresql.conf', slurp_file($ENV{DM_TEST_CONF}))
  if defined $ENV{DM_TEST_CONF};
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'datamesh'");
$node->start;

# Blanks at the ends of lines and of the text.
sub trim
{
	my ($text) = @_;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\n+\z/\n/;
	return $text eq "\n" ? '' : $text;
}

# The sql blocks of a document: the line each begins in, what it says, and the text block
# that follows, if one does.
sub blocks
{
	my ($document) = @_;
	my @blocks;

	while ($document =~ /^```sql\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)
	{
		my ($sql, $expected, $before) = ($1, $2, substr($document, 0, $-[0]));
		push @blocks, { line => 2 + ($before =~ tr/\n//), sql => $sql, expected => $expected };
	}
	return @blocks;
}

# Runs the blocks in one session and adds to each what was printed, errors included.
sub run_blocks
{
	my ($database, @blocks) = @_;
	my $marker = "==== $$ ====";
	my $script = join '', map { "\\echo '$marker'\n$_->{sql}" } @blocks;
	my $printed = '';

	# from standard input: psql then prints errors as it does at the prompt
	IPC::Run::run [ $node->installed_command('psql'), '-X', '-d', $node->connstr($database) ],
	  '<', \$script, '>&', \$printed;
	my (undef, @answers) = split /^\Q$marker\E\n/m, $printed;
	$_->{printed} = trim(shift(@answers) // "(nothing: the session ended before)\n") for @blocks;
	return;
}

# The document with what was printed in its text blocks.
sub corrected
{
	my ($document, @blocks) = @_;

	$document =~ s{^(```sql\n.*?^```\n)(?:(\n```text\n)(.*?)^```\n)?}
		{ my $block = shift @blocks; $1 . (defined $2 ? "$2$block->{printed}```\n" : '') }gmse;
	return $document;
}

for my $file ('README.md', 'doc/tutorial.md')
{
	my $document = slurp_file($file);
	my @blocks = blocks($document);
	my ($name) = $file =~ m{(\w+)\.md$};
	my $database = lc $name;

	cmp_ok(scalar @blocks, '>', 0, "$file has sql blocks");
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->command_ok(
		[   'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database),
			'-f', 'test/demo/pagila.sql'
		],
		"$file: Pagila is loaded");
	run_blocks($database, @blocks);
	for my $block (@blocks)
	{
		my ($first) = $block->{sql} =~ /^(.*)/;
		my $title = "$file, line $block->{line}: $first";

		if (defined $block->{expected})
		{
			is($block->{printed}, trim($block->{expected}), $title);
		}
		else
		{
			fail("$title (no text block follows it)");
		}
	}
	append_to_file("$PostgreSQL::Test::Utils::log_path/$name.md", corrected($document, @blocks));
}

my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP|terminated by signal/, 'no crash in the log');
$node->stop;

done_testing();
