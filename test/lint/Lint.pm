# What the lints share: finding files, and reading C and SQL without being fooled by
# comments and strings.  A lint runs in the top folder, prints a line for each offence
# and ends with "done", which makes it fail if there was one.

package Lint;

use strict;
use warnings;

use Exporter 'import';
use File::Find ();

our @EXPORT = qw(complain skip done files slurp code_of line_of statements plain_name);

my $offences = 0;

sub complain
{
	my ($where, $what) = @_;
	print "$where: $what\n";
	$offences++;
}

# What is needed is not there; the driver shows the reason.
sub skip
{
	print "$_[0]\n";
	exit 77;
}

sub done
{
	exit($offences ? 1 : 0);
}

# The files below some folders whose names match, sorted.
sub files
{
	my ($match, @folders) = @_;
	my @found;
	for my $folder (grep { -d } @folders)
	{
		File::Find::find(
			{   no_chdir => 1,
				wanted   => sub { push @found, $_ if -f && /$match/ }
			},
			$folder);
	}
	return sort @found;
}

sub slurp
{
	my ($file) = @_;
	open my $fh, '<', $file or die "cannot read $file: $!\n";
	local $/;
	return scalar <$fh> // '';
}

# C source with the inside of comments and literals blanked; positions stay.
sub code_of
{
	my ($text) = @_;
	$text =~ s{
		( /\* .*? (?: \*/ | \z) )         # comment
		| ( " (?: [^"\\\n] | \\. )* " )   # string
		| ( ' (?: [^'\\\n] | \\. )+ ' )   # character
	}{ defined $1 ? blank($1) : defined $2 ? inside($2) : inside($3) }gsex;
	return $text;
}

sub blank
{
	my ($part) = @_;
	$part =~ s/[^\n]/ /g;
	return $part;
}

sub inside
{
	my ($part) = @_;
	return substr($part, 0, 1) . blank(substr($part, 1, -1)) . substr($part, -1);
}

sub line_of
{
	my ($text, $position) = @_;
	return 1 + (substr($text, 0, $position) =~ tr/\n//);
}

# The statements of an SQL script.  Each has "line", "comment" (the comments before
# and within it) and "text": comments taken out, the inside of literals and of dollar
# quotes blanked, space made single.  "body" holds the literals' contents.
sub statements
{
	my ($script) = @_;
	my @result;
	my %now = (text => '', comment => '', body => '');
	my $line = 1;
	while ($script =~ m{\G (?:
			(?<space>   \s+ )
			| (?<comment> --[^\n]* | /\* .*? \*/ )
			| (?<quoted>  E'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' )
			| (?<dollar>  (?<tag>\$\w*\$) .*? \k<tag> )
			| (?<name>    "(?:[^"]|"")*" )
			| (?<meta>    ^\\[^\n]* )
			| (?<end>     ; )
			| (?<other>   [\w\@.]+ | . )
		)}gcsmx)
	{
		my %got = %+;
		if (defined $got{end} && !in_atomic_body($now{text}))
		{
			$now{text} =~ s/\s+/ /g;
			$now{text} =~ s/^ | $//g;
			push @result, {%now} if $now{text} ne '';
			%now = (text => '', comment => '', body => '');
		}
		elsif (defined $got{comment})
		{
			$now{comment} .= "$got{comment}\n";
			$now{text} .= ' ';
		}
		elsif (defined $got{quoted} || defined $got{dollar})
		{
			$now{body} .= ($got{quoted} // $got{dollar}) . "\n";
			$now{text} .= defined $got{quoted} ? "''" : '$$';
			$now{line} //= $line;
		}
		elsif (!defined $got{meta})
		{
			$now{line} //= $line if !defined $got{space};
			$now{text} .= $got{space} // $got{name} // $got{other} // ';';
		}
		$line += ($& =~ tr/\n//);
	}
	$now{text} =~ s/\s+/ /g;
	push @result, {%now} if $now{text} =~ /\S/;
	return @result;
}

# Whether a semicolon here belongs to an unfinished BEGIN ATOMIC ... END.
sub in_atomic_body
{
	my ($text) = @_;
	return 0 unless $text =~ /\bBEGIN\s+ATOMIC\b/i;
	my $open = () = $text =~ /\b(?:BEGIN\s+ATOMIC|CASE)\b/gi;
	my $closed = () = $text =~ /\bEND\b/gi;
	return $open > $closed;
}

# A name without the schema and its quotes.
sub plain_name
{
	my ($name) = @_;
	$name =~ s/^.*\.//;
	$name =~ s/"//g;
	return lc $name;
}

1;
