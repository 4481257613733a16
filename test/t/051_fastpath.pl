# Calls by the protocol's function call message, as JDBC's Fastpath and PQfn make them: there is
# no expression in which a function could look up the types of its arguments.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use IO::Socket::UNIX;
use Mesh;
use Test::More;

my $node = mesh_node('fastpath');
$node->safe_psql('postgres', q{CREATE EXTENSION datamesh; CREATE ROLE caller LOGIN;
	CREATE SCHEMA fp AUTHORIZATION caller; SET ROLE caller; CREATE TABLE fp.t (id int, val text);
	SELECT dm_register_domain('fp', schemas => '{fp}'), dm_register_product('fp.p')});

my $socket = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die $!;

# Reads messages up to ReadyForQuery; gives the errors' texts.
sub answer
{
	my @errors;
	while (1)
	{
		read($socket, my $head, 5) == 5 or return 'connection lost';
		my ($type, $length) = unpack('aN', $head);
		read($socket, my $body, $length - 4) == $length - 4 or return 'connection lost';
		push @errors, $body =~ /\0M([^\0]*)/ ? $1 : $body if $type eq 'E';
		return $errors[0] // '' if $type eq 'Z';
	}
}

sub call
{
	my ($signature, @args) = @_;
	my $oid = $node->safe_psql('postgres', "SELECT '$signature'::regprocedure::oid");
	my $body = pack('Nnn', $oid, 0, scalar @args);
	$body .= defined $_ ? pack('N/a*', $_) : pack('N', 0xffffffff) for @args;
	$body .= pack('n', 0);
	print $socket 'F' . pack('N', length($body) + 4) . $body;
	$socket->flush;
	return answer();
}

my $startup = pack('N', 196608) . "user\0caller\0database\0postgres\0\0";
print $socket pack('N', length($startup) + 4) . $startup;
$socket->flush;
is(answer(), '', 'connected');
is(call('dm_add_port(text,regclass,text,name[])', 'fp.p', 'fp.t', 'shown', '{id}'), '', 'dm_add_port');
is(call('dm_classify(regclass,name,text[])', 'fp.t', 'val', '{nothing}'), 'tag "nothing" does not exist', 'dm_classify');
is(call('dm_drop_port(text,text,boolean)', 'fp.p', 'other', 'f'), 'product "fp.p" has no port "other"', 'dm_drop_port');
is(call('dm_drop_port(text,text,boolean)', 'fp.p', 'shown', 'f'), '', 'dm_drop_port');
is(call('dm_publish(text)', undef), 'argument "product" must not be null', 'a null');
$node->stop;
done_testing();
