# What the TAP tests share: servers that find the extension, a mesh with a bit of
# everything, what its readers see, and whether the parts of a mesh agree.

package Mesh;

use strict;
use warnings;

use Cwd;
use Exporter 'import';
use File::Basename;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  mesh_settings mesh_node load_mesh port_sums registry objects inconsistencies
  is_consistent same_lines session try_sql superuser wait_for_server private_server crash_server
);

my $folder = Cwd::abs_path(dirname(__FILE__));

# The settings with which a server finds the extension.
sub mesh_settings
{
	return defined $ENV{DM_TEST_CONF} ? slurp_file($ENV{DM_TEST_CONF}) : '';
}

# mesh_node(name, preload => 0, start => 0, worker => 1, init => {...}, conf => '...'): a server
# that finds the extension.  private => path takes one that private_server made.
sub mesh_node
{
	my ($name, %opt) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name,
		defined $opt{private} ? (install_path => $opt{private}) : ());
	my $preload = $opt{preload} // 1;

	$node->init(%{ $opt{init} // {} });
	$node->append_conf('postgresql.conf', defined $opt{private} ? 'fsync = off' : mesh_settings());
	$node->append_conf('postgresql.conf',
		"shared_preload_libraries = '" . ($preload ? 'datamesh' : '') . "'");
	$node->append_conf('postgresql.conf', "timezone = 'UTC'");
	# nothing is to change by the clock while a test looks
	$node->append_conf('postgresql.conf', 'datamesh.worker = ' . ($opt{worker} ? 'on' : 'off'));
	$node->append_conf('postgresql.conf', $opt{conf}) if defined $opt{conf};
	$node->start if $opt{start} // 1;
	return $node;
}

# Makes the database and loads mesh.sql into it.
sub load_mesh
{
	my ($node, $database) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION datamesh');
	$node->safe_psql($database, slurp_file("$folder/mesh.sql"));
	$node->safe_psql('postgres', 'DROP ROLE leaver; DROP ROLE ghost');
	return;
}

# The roles of mesh.sql as they are called at its end, and the purposes to try.
my @readers = ('hr_team', 'Sales Team', 'sales_app', 'governor', 'auditor', 'ann',
	'bob', 'cid', 'dan', 'eve', 'fay', 'gus', 'Role "Q"');
my @purposes = ('', 'reporting', 'reporting.weekly', 'fraud');

sub superuser
{
	my ($node) = @_;
	return $node->safe_psql('postgres', 'SELECT rolname FROM pg_roles WHERE oid = 10');
}

sub quoted
{
	my ($name) = @_;
	$name =~ s/"/""/g;
	return qq{"$name"};
}

# For every reader, purpose and port a line with the number of rows and their checksum,
# or the error: what the readers see.
sub port_sums
{
	my ($node, $database) = @_;
	my $ports = $node->safe_psql(
		$database, q{
		SELECT format('%I.%I', n.nspname, c.relname)
		FROM datamesh.port p JOIN pg_class c ON c.oid = p.view JOIN pg_namespace n ON n.oid = c.relnamespace
		UNION ALL
		SELECT 'ann_work.joined' WHERE to_regclass('ann_work.joined') IS NOT NULL
		ORDER BY 1});
	my $script = "SET client_min_messages = error;\n\\set ON_ERROR_STOP off\n";

	for my $reader (superuser($node), @readers)
	{
		$script .= 'SET SESSION AUTHORIZATION ' . quoted($reader) . ";\n";
		for my $purpose (@purposes)
		{
			$script .= "SET datamesh.purpose = '$purpose';\n";
			for my $port (split /\n/, $ports)
			{
				$script .= <<"END";
SELECT count(*) || ' ' || md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C")) AS sum
FROM $port t \\gset
\\if :ERROR
\\echo '$reader/$purpose/$port' :SQLSTATE :LAST_ERROR_MESSAGE
\\else
\\echo '$reader/$purpose/$port' :sum
\\endif
END
			}
		}
		$script .= "RESET SESSION AUTHORIZATION;\n";
	}
	my ($status, $out) = $node->psql($database, $script, on_error_stop => 0);
	return $out;
}

# What the views of the registry show, a line for each row.  Agreements of roles that do not
# exist any more, or of strangers who came to their numbers, are left out on request.
sub registry
{
	my ($node, $database, %opt) = @_;
	my $lines = '';

	for my $view (
		qw(domains products ports port_columns tags token_keys purposes access_requests agreements governance_changes
		data_copies accepted_grants accepted_exits row_policies role_attributes subjects consents
		consent_requirements measured_series measurements anomalies declared_ports contract_versions contracts contract_columns contract_rules contract_roles
		contract_team contract_service_levels rules quarantines events event_subscriptions incidents incident_causes
		slo maintenance_windows))
	{
		$lines .= $node->safe_psql(
			$database, qq{
			SELECT '$view ' || to_jsonb(v)::text COLLATE "C" FROM datamesh.$view v ORDER BY 1})
		  . "\n";
	}
	# those that the extension brings along are as old as the extension in this database
	$lines .= $node->safe_psql($database, q{
		SELECT 'contract_schemas ' || to_jsonb(v)::text FROM datamesh.contract_schemas v WHERE NOT built_in ORDER BY standard, version}) . "\n";
	$lines =~ s/^agreements .*"consumer": "(?:stranger)?(?:\d+|-)".*\n//mg if $opt{without_dropped_roles};
	return $lines;
}

# Owners, privileges, labels, definitions and comments of everything in the database that
# is not the server's own.  Majors print definitions differently and know other privileges.
sub objects
{
	my ($node, $database, %opt) = @_;
	my $definitions = $opt{across_majors} ? 'false' : 'true';
	return $node->safe_psql(
		$database, qq{
		SET mesh_test.definitions = $definitions;} . q{
		WITH mine AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
		SELECT format('schema %I owner %s acl %s', nspname, nspowner::regrole,
			ARRAY(SELECT format('%s:%s:%s', grantee::regrole, privilege_type, is_grantable)
				FROM aclexplode(coalesce(nspacl, acldefault('n', nspowner))) ORDER BY 1)) AS line
		FROM pg_namespace WHERE oid IN (SELECT oid FROM mine)
		UNION ALL
		SELECT format('relation %s %s owner %s acl %s comment %s definition %s', oid::regclass, relkind,
			relowner::regrole,
			ARRAY(SELECT format('%s:%s:%s', grantee::regrole, privilege_type, is_grantable)
				FROM aclexplode(coalesce(relacl, acldefault('r', relowner)))
				WHERE privilege_type <> 'MAINTAIN' ORDER BY 1),
			obj_description(oid, 'pg_class'),
			CASE WHEN NOT current_setting('mesh_test.definitions')::boolean THEN NULL
				WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) WHEN relkind = 'i' THEN pg_get_indexdef(oid) END)
		FROM pg_class WHERE relnamespace IN (SELECT oid FROM mine) AND relkind <> 't'
		UNION ALL
		SELECT format('column %s.%I %s %s %s comment %s', a.attrelid::regclass, a.attname,
			format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation, a.attnotnull,
			col_description(a.attrelid, a.attnum))
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace IN (SELECT oid FROM mine) AND c.relkind IN ('r', 'p', 'v', 'm')
			AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
		SELECT format('constraint %s %I %s %s', conrelid::regclass, conname, convalidated,
			CASE WHEN current_setting('mesh_test.definitions')::boolean THEN pg_get_constraintdef(oid) END)
		FROM pg_constraint WHERE connamespace IN (SELECT oid FROM mine) AND conrelid <> 0 AND contype <> 'n'
		UNION ALL
		SELECT format('row security of %s %s %s', oid::regclass, relrowsecurity, relforcerowsecurity)
		FROM pg_class WHERE relnamespace IN (SELECT oid FROM mine) AND relkind IN ('r', 'p')
		UNION ALL
		SELECT format('policy %I.%I %I %s %s %s %s %s', schemaname, tablename, policyname, permissive, roles, cmd,
			CASE WHEN current_setting('mesh_test.definitions')::boolean THEN qual END, with_check)
		FROM pg_policies
		UNION ALL
		SELECT format('function %s owner %s acl %s', oid::regprocedure, proowner::regrole,
			ARRAY(SELECT format('%s:%s:%s', CASE WHEN grantee <> 0 THEN grantee::regrole::text ELSE 'public' END,
					privilege_type, is_grantable)
				FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) ORDER BY 1))
		FROM pg_proc WHERE pronamespace IN (SELECT oid FROM mine)
		UNION ALL
		SELECT format('label %s %s %s', objtype, objname, label) FROM pg_seclabels WHERE provider = 'datamesh'
		UNION ALL
		SELECT format('role %s %s', setrole::regrole, setconfig) FROM pg_db_role_setting
		ORDER BY 1});
}

# Where the parts of a mesh contradict each other, a line for each place.
sub inconsistencies
{
	my ($node, $database) = @_;
	return $node->safe_psql($database, slurp_file("$folder/inconsistencies.sql"));
}

sub is_consistent
{
	my ($node, $database, $name) = @_;
	return is(inconsistencies($node, $database), '', "$name: the parts of the mesh agree");
}

# private_server(bindir, folder): a server in the folder that consists of the files of the
# one in bindir and of the extension, for a test that needs it as if it were installed.  The
# extension is built for that server, unless it is the one under test.  Returns its path.
sub private_server
{
	my ($bindir, $dir) = @_;
	my ($libdir) = split /\n/, `$bindir/pg_config --pkglibdir`;
	my ($stage) = mesh_settings() =~ m{^dynamic_library_path = '(.*)\Q$libdir\E:}m;
	my $top = dirname(dirname($folder));
	my $log = "$PostgreSQL::Test::Utils::log_path/private_server.log";
	my $script = q{
		set -e
		bindir=$1 dir=$2 top=$3 stage=$4
		config=$bindir/pg_config
		mkdir -p "$dir/src" "$dir/root"
		if [ -n "$stage" ]; then
			cp -R "$stage/." "$dir/root"
		else
			# the sources alone: the tree may hold what was built for another major
			cd "$top"
			find Makefile *.control src sql \( -name '*.[ch]' -o -name '*.sql' ! -name 'datamesh--*' \
				-o -name '*.awk' -o -name '*.json' -o -name Makefile -o -name '*.control' \) -print |
				tar -cf - --files-from=- | tar -C "$dir/src" -xf -
			unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
			# a newer compiler's default standard refuses headers of PostgreSQL 15
			make -C "$dir/src" -j2 all with_llvm=no COPT=-std=gnu17 "PG_CONFIG=$config"
			make -C "$dir/src" install with_llvm=no "PG_CONFIG=$config" DESTDIR=../root
		fi
		# The server looks for everything at the same distance from its executable, links
		# to which it follows.
		mkdir -p "$dir/root$bindir"
		cp -p "$bindir"/* "$dir/root$bindir/"
		for from in "$("$config" --pkglibdir)" "$("$config" --sharedir)" "$("$config" --sharedir)/extension"; do
			for file in "$from"/*; do
				[ -e "$dir/root$file" ] || ln -s "$file" "$dir/root$file"
			done
		done};

	system('sh', '-c', "($script) >>'$log' 2>&1", 'sh', $bindir, $dir, $top, $stage // '') == 0
	  or die "cannot make a private server of $bindir; see $log\n";
	return "$dir/root" . dirname($bindir);
}

# Passes if two texts are equal, else shows the lines that only one of them has.
sub same_lines
{
	my ($got, $expected, $name) = @_;
	my (%got, %expected);

	$got{$_}++ for split /\n/, $got;
	$expected{$_}++ for split /\n/, $expected;
	my @differences = (
		(map { "only before: $_" } grep { !$got{$_} } sort keys %expected),
		(map { "only after:  $_" } grep { !$expected{$_} } sort keys %got));

	die "nothing to compare in '$name'\n" if $expected eq '';
	return ok(1, $name) if !@differences && length $got == length $expected;
	ok(0, $name);
	diag(join "\n", map { length > 200 ? substr($_, 0, 200) . ' ...' : $_ } @differences[0 .. ($#differences < 7 ? $#differences : 7)]);
	return 0;
}

# Waits for a server that comes back by itself after a crash.
sub wait_for_server
{
	my ($node) = @_;

	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return if system_log('pg_isready', '-q', '-d', $node->connstr('postgres')) == 0;
		select undef, undef, undef, 0.1;
	}
	die 'server ' . $node->name . " does not come back\n";
}

# An open session that goes on after errors.
sub session
{
	my ($node, $database, @statements) = @_;
	my $session = $node->background_psql($database, on_error_stop => 0);

	$session->query_safe($_) for @statements;
	return $session;
}

# Runs the statements in one session of its own, the last one of which may fail: its rows,
# or "SQLSTATE: message".
sub try_sql
{
	my ($node, $database, $sql) = @_;
	my ($status, $out, $err) = $node->psql($database, "\\set VERBOSITY verbose\n$sql");

	return $out if $status == 0;
	return $err =~ /(?:ERROR|FATAL):  (\w{5}: .*)/ ? $1 : "failed without an error: $err";
}

# A process that is killed takes shared memory along; the server comes back by itself.
sub crash_server
{
	my ($node) = @_;
	my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'});
	kill 'KILL', $pid;
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'background writer' AND pid <> $pid")
	  or die 'the server did not come back';
	return;
}

1;
