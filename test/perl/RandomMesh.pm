# A mesh of random domains, as SQL: tables with tags, masks and token keys, ports over tables, views
# and materialised views, agreements, purposes, memberships, attributes, row policies.
# The same seed gives the same mesh.

package RandomMesh;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(random_mesh random_roles random_purposes pick chance);

my @purposes = qw(p0 p1 p2 p3 p0_a p0_b p0_a_x p1_a);
my %parent = (p0_a => 'p0', p0_b => 'p0', p0_a_x => 'p0_a', p1_a => 'p1');
my @groups = map { "tr_g$_" } 0 .. 5;
my @consumers = map { "tr_c$_" } 0 .. 23;
my @tags = qw(t t.a t.a.b t.c t.null t.token t.own u);
my @regions = map { "r$_" } 0 .. 4;

sub pick { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }

sub some
{
	my ($share, @list) = @_;
	return grep { chance($share) } @list;
}

sub random_purposes { return ('', 'unknown', @purposes) }

sub random_roles
{
	my ($domains) = @_;
	return (@consumers, @consumers, @groups, 'tr_stranger', 'tr_super', 'tr_bypass', 'tr_reads_all',
		map { ("tr_o$_", "tr_p$_", "tr_q$_") } 0 .. $domains - 1);
}

# Roles, purposes, tags and keys.
sub frame
{
	my ($domains) = @_;
	my @sql = map { "CREATE ROLE $_" . (chance(0.15) ? ' NOINHERIT' : '') } @groups, @consumers;
	push @sql, map { "CREATE ROLE $_" } 'tr_stranger', map { ("tr_o$_", "tr_p$_", "tr_q$_") } 0 .. $domains - 1;
	push @sql, 'CREATE ROLE tr_super SUPERUSER', 'CREATE ROLE tr_bypass BYPASSRLS IN ROLE tr_g0',
	  'CREATE ROLE tr_reads_all IN ROLE pg_read_all_data';
	push @sql, "GRANT tr_g0 TO tr_g1", "GRANT tr_g2 TO tr_g3";
	for my $consumer (@consumers)
	{
		push @sql, map { "GRANT $_ TO $consumer" } some(0.25, @groups);
	}
	push @sql, map { sprintf "SELECT dm_register_purpose('%s', parent => %s)", $_, $parent{$_} ? "'$parent{$_}'" : 'NULL' } @purposes;
	push @sql, map { "SELECT dm_create_key('$_')" } qw(tr_k0 tr_k1);
	# not everybody may execute it
	push @sql, 'CREATE SCHEMA tr_gov', 'GRANT USAGE ON SCHEMA tr_gov TO PUBLIC',
	  "CREATE FUNCTION tr_gov.hide(value text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''hidden''::text'",
	  "SELECT dm_register_mask('tr_gov.hide(text)')",
	  'REVOKE EXECUTE ON FUNCTION tr_gov.hide(text) FROM PUBLIC',
	  'GRANT EXECUTE ON FUNCTION tr_gov.hide(text) TO tr_g0, tr_g1, tr_g4, ' . join ', ', map { "tr_o$_" } 0 .. $domains - 1;
	push @sql, "SELECT dm_create_tag('t', mask => 'dm_mask_text(1)')", "SELECT dm_create_tag('t.a')",
	  "SELECT dm_create_tag('t.a.b', mask => 'dm_mask_text(0, 2)', token_key => 'tr_k1')", "SELECT dm_create_tag('t.c')",
	  "SELECT dm_create_tag('t.null', mask => 'dm_mask_null', token_key => 'tr_k0')",
	  "SELECT dm_create_tag('t.token', mask => 'dm_mask_text', token_key => 'tr_k0')",
	  "SELECT dm_create_tag('t.own', mask => 'tr_gov.hide')", "SELECT dm_create_tag('u')";
	for my $role (@groups, @consumers)
	{
		push @sql, sprintf "SELECT dm_set_attribute('%s', 'region', %s)", $role, join ', ', map { "'$_'" } some(0.5, @regions), 'none'
		  if chance(0.5);
	}
	return @sql;
}

my @predicates = ("region = ANY (dm_attribute('region'))", "region = ANY (dm_attribute('region')) OR id < 3",
	'id % 3 = 0', 'region IN (SELECT a.region FROM SCHEMA.allowed a)', "dm_purpose() IS DISTINCT FROM 'p0_a'",
	"dm_reader() <> 'tr_c3' AND region <> 'r0'", "'r1' = ANY (dm_attribute('region'))");

sub row_policies
{
	my ($relation, $schema) = @_;
	my @sql;
	for my $number (1 .. pick(0, 1, 1, 2))
	{
		my $applies = pick('', '', '', "purpose:" . pick(@purposes), 'role:' . pick(@consumers, @groups), 'tag:' . pick(@tags));
		my $predicate = pick(@predicates);
		$predicate =~ s/SCHEMA/$schema/;
		push @sql, "SELECT dm_add_row_policy('$relation', 'rp$number', \$\$$predicate\$\$, applies_to => '{$applies}')";
	}
	return @sql;
}

# A table with an id, a region, and columns of random types and tags.
sub table
{
	my ($schema, $name) = @_;
	my @columns = map { ["c$_", pick('text', 'text', 'varchar(40)', 'varchar(9)', 'tr_name', 'int', 'uuid', 'date')] } 1 .. 2 + int rand 4;
	my %value = (
		text => "'value-' || i || 'x'", 'varchar(40)' => "'vc-' || i || 'yy'", 'varchar(9)' => "'short-' || i",
		tr_name => "'Name-' || i", int => '1000 + i', uuid => "md5(i::text)::uuid", date => "DATE '2020-03-05' + i");
	my $partitioned = chance(0.2);
	my @sql = sprintf 'CREATE TABLE %s.%s (id int, region text, %s)%s', $schema, $name, join(', ', map { "@$_" } @columns),
	  $partitioned ? ' PARTITION BY RANGE (id)' : '';
	push @sql, "CREATE TABLE $schema.${name}_low PARTITION OF $schema.$name FOR VALUES FROM (0) TO (6)",
	  "CREATE TABLE $schema.${name}_high PARTITION OF $schema.$name FOR VALUES FROM (6) TO (100)"
	  if $partitioned;
	push @sql, sprintf "INSERT INTO %s.%s SELECT i, 'r' || i %% 6, %s FROM generate_series(1, 12) i", $schema, $name,
	  join ', ', map { $value{ $_->[1] } } @columns;
	for my $column (@columns)
	{
		my @fits = $column->[1] =~ /text|varchar|name/ ? (@tags, qw(t.token t.token t.null t.a.b)) : qw(t.null u);
		my %picked = map { $_ => 1 } map { pick(@fits) } 1 .. pick(0, 1, 1, 2);
		my $list = join ', ', sort keys %picked;
		push @sql, "SECURITY LABEL FOR datamesh ON COLUMN $schema.$name.$column->[0] IS '$list'" if $list;
	}
	return ([ map { $_->[0] } @columns ], @sql);
}

sub agreements
{
	my ($product) = @_;
	my @sql;
	for my $consumer (some(0.3, @consumers, @groups))
	{
		# tokens only where there is a key
		my $clearance = join ',', some(0.15, qw(t.a t.a.b t.c t.null t.token t.own)), some(0.03, 't'), some(0.4, qw(t.a.b:token t.null:token t.token:token));
		my $from = chance(0.1) ? ", valid_from => now() + interval '1 day'" : '';
		push @sql, sprintf "SELECT dm_grant_access('%s', '%s', '%s', '{%s}', until => now() + interval '9 days'%s)",
		  $product, $consumer, pick(@purposes), $clearance, $from;
	}
	return @sql;
}

# One domain; what its owner does first, then what a superuser does to it.
sub domain
{
	my ($n) = @_;
	my $schema = "tr_s$n";
	my @sql = "CREATE SCHEMA $schema AUTHORIZATION tr_o$n";
	# whom row security passes over, since before the row policies or since after
	my $bypass = "ALTER ROLE tr_o$n " . pick('BYPASSRLS', 'SUPERUSER');
	push @sql, $bypass if $n < 3;
	my @late;
	push @sql, map { "SELECT dm_grant_key('$_', 'tr_o$n')" } some(0.9, qw(tr_k0 tr_k1));
	push @sql, "SET ROLE tr_o$n", "CREATE TABLE $schema.allowed AS SELECT unnest('{r1,r2}'::text[]) AS region",
	  "SELECT dm_register_domain('tr_d$n', schemas => '{$schema}')", "SELECT dm_add_producer('tr_d$n', 'tr_p$n')";
	for my $t (1 .. pick(1, 1, 2))
	{
		my ($columns, @table) = table($schema, "t$t");
		push @sql, @table, sprintf("CREATE VIEW %s.v%s AS SELECT id, region, upper(%s::text) AS loud, %s FROM %s.t%s WHERE id <> 5",
			$schema, $t, $columns->[0], join(', ', map { "$_ AS v_$_" } @$columns), $schema, $t),
		  "CREATE MATERIALIZED VIEW $schema.m$t AS SELECT * FROM $schema.t$t";
		push @late, row_policies("$schema.t$t", $schema) if $n >= 3;
		push @late, "SELECT dm_register_subject('$schema.t$t', 'id', 'kind$n')",
		  (map { "SELECT dm_record_consent('" . int(1 + rand 12) . "', '" . pick(@purposes) . "', " . pick('true', 'true', 'false') . ", 'kind$n')" } 1 .. 20),
		  "SELECT dm_require_consent('tr_d$n.p$t', '" . pick(@purposes) . "')"
		  if $n >= 3 && chance(0.25);
		push @late, row_policies("$schema.v$t", $schema) if chance(0.3);
		push @late, row_policies("$schema.m$t", $schema) if chance(0.3);
		my $product = "tr_d$n.p$t";
		push @sql, "SELECT dm_register_product('$product')";
		push @sql, map { "SELECT dm_add_port('$product', '$schema.$_$t')" } 't', some(0.6, qw(v m));
		my $status = pick(qw(draft active active active active active active deprecated));
		push @sql, "SELECT dm_publish('$product')" if $status ne 'draft';
		push @sql, agreements($product);
		push @sql, "SELECT dm_deprecate('$product', until => '2100-01-01')" if $status eq 'deprecated';
		my $ports = "tr_d${n}_p${t}_v1";
		push @late, 'RESET ROLE' . (chance(0.2) ? "; UPDATE datamesh.product SET owner = 'tr_q$n' WHERE name = 'p$t' AND domain = (SELECT id FROM datamesh.domain WHERE name = 'tr_d$n')" : '');
		push @late, "REVOKE SELECT ON $ports.t$t FROM " . pick(@consumers, @groups) if chance(0.15);
		push @late, "REVOKE USAGE ON SCHEMA $ports FROM " . pick(@consumers, @groups) if chance(0.1);
		push @late, "REVOKE SELECT ON $ports.t$t FROM tr_c1", "GRANT SELECT (id, $columns->[0]) ON $ports.t$t TO tr_c1" if chance(0.15);
		push @late, "REVOKE SELECT ON $schema.t$t FROM tr_o$n" if chance(0.04);
		push @late, "UPDATE datamesh.agreement SET valid_until = now() - interval '1 hour' WHERE id % 11 = $n % 11"
		  if chance(0.1);
		push @late, "SET ROLE tr_o$n";
	}
	return (@sql, @late, 'RESET ROLE', $n == 3 || $n == 4 ? $bypass : ());
}

# The statements, one each.
sub random_mesh
{
	my ($domains) = @_;
	return (frame($domains), "CREATE DOMAIN tr_name AS varchar(12) CHECK (VALUE ~ '-')", map { domain($_) } 0 .. $domains - 1);
}

1;
