# What the scripts in this folder share.  It is sourced; "me" and "top" are set
# here for all of them.

me=$(basename -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
build=$top/build

# Neither the caller's connection settings nor the flags of the make that called
# us (its job server is not ours) may reach the builds and servers below.
for name in $(env | sed -n 's/^\(PG[A-Z]*\)=.*/\1/p'); do
	unset "$name"
done
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES name
export LC_ALL=C.UTF-8
umask 022

fail()
{
	echo "$me: $*" >&2
	exit 1
}

# The server to build for: PG_CONFIG, else the machine's own.
choose_pg_config()
{
	PG_CONFIG=${PG_CONFIG:-$(command -v pg_config || :)}
	[ -n "$PG_CONFIG" ] || fail "there is no pg_config; PG_CONFIG=... names one"
	[ -f "$("$PG_CONFIG" --pgxs)" ] ||
		fail "$PG_CONFIG belongs to a PostgreSQL without its development files"
	bindir=$("$PG_CONFIG" --bindir)
	major=$("$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
	export PG_CONFIG
}

# PostgreSQL refuses to run as root.  When root calls, the checkout's owner does
# the work, or else the user that comes with Debian's server.
choose_user()
{
	user=
	[ "$(id -u)" = 0 ] || return 0
	for user in ${DATAMESH_USER:-} "$(stat -c %U "$top")" postgres; do
		uid=$(id -u "$user" 2>/dev/null || echo 0)
		[ "$uid" = 0 ] || return 0
	done
	fail "root cannot run a server, and there is no ordinary user to do it; DATAMESH_USER=... names one"
}

# Runs a command as that user, in a session of its own: on Ctrl-C or a kill the
# shell ends its wait at once, and interrupted() can end the whole family.
as_user()
{
	(cd "$work" && exec setsid \
		${user:+setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups} \
		env HOME="$work" "$@") </dev/null 9>&- &
	child=$!
	ended=0
	wait "$child" || ended=$?
	child=
	return "$ended"
}

interrupted()
{
	trap '' INT TERM HUP
	echo "$me: interrupted" >&2
	# the family clears up for itself: it gets a moment for that
	[ -z "${child:-}" ] || kill -TERM "-$child" 2>/dev/null || :
	[ -z "${child:-}" ] || wait "$child" 2>/dev/null || :
	exit 130
}

# Everything that git would take: nothing that was built in place comes along.
list_sources()
(
	cd "$top" || exit 1
	if [ -e .git ]; then
		git -c safe.directory='*' ls-files -z --cached --others --exclude-standard
	else
		find . -path ./build -prune -o -type f -printf '%P\0'
	fi | perl -0 -ne 'chomp; print "$_\n" if -e || -l' | LC_ALL=C sort -u
)

# Copies the sources to $1/src.  Times are kept, so that make there rebuilds what
# changed, and what is gone here goes there.
copy_sources()
{
	mkdir -p "$1/src"
	list_sources >"$1/list.new"
	[ -s "$1/list.new" ] || fail "found no sources to copy in $top"
	if [ -e "$1/list" ] && LC_ALL=C comm -23 "$1/list" "$1/list.new" >"$1/list.gone" &&
		[ -s "$1/list.gone" ]; then
		(cd "$1/src" && xargs -d '\n' rm -f -- && rm -f ./*.so) <"$1/list.gone"
	fi
	tar -C "$top" -cf - --verbatim-files-from --files-from="$1/list.new" |
		tar -C "$1/src" --no-same-owner -xf -
	mv "$1/list.new" "$1/list"
	rm -f "$1/list.gone"
}

# Puts PostgreSQL $1's own regression suite into $2/server: as it is, and with the
# differences that we accept.
copy_server_suite()
{
	rm -rf "$2/server"
	source=$("$top/test/bin/server-source" "$1") || return 1
	mkdir "$2/server"
	cp -R "$source/src/test/regress" "$2/server/suite"
	cp -R "$2/server/suite" "$2/server/accepted"
	for difference in "$top/test/server/$1"/*.patch; do
		[ -e "$difference" ] || continue
		patch -s -d "$2/server/accepted" -p1 <"$difference" ||
			fail "$difference does not fit the suite in $source"
	done
}

# An archive that is out of reach must not keep our own tests from running.
without_server_suite()
{
	echo "$me: SKIPPED: the own regression suite of PostgreSQL $1, whose source cannot be had" >&2
}

# Sets "work", where one build and its servers live: build/NAME, or a temporary
# directory when the ordinary user cannot come there (a checkout below /root) or
# when the path has a character that a setting of the server cannot hold.
choose_work()
{
	work=$build/$1
	lock "$1"
	mkdir -p "$work"
	[ -z "$user" ] || chown "$user" "$work"
	temporary=
	if ! as_user test -w "$work" 2>/dev/null; then
		temporary="$user cannot enter $work"
	fi
	case $work in
	*[:,\'\"\\]*) temporary="$work has a character that a setting cannot hold" ;;
	esac
	if [ -n "$temporary" ]; then
		work=$(mktemp -d /var/tmp/datamesh.XXXXXX)
		[ -z "$user" ] || chown "$user" "$work"
		echo "$me: working in $work, because $temporary"
	fi
}

# One run at a time in build/NAME.  What root makes in the checkout of an ordinary
# user must not be in that user's way later.
lock()
{
	mkdir -p "$build"
	exec 9>"$build/.lock-$1"
	[ "$(id -u)" != 0 ] || chown --reference="$top" "$build" "$build/.lock-$1"
	flock -n 9 || {
		echo "$me: waiting for another run in build/$1"
		flock 9
	}
}

give_to_user()
{
	[ -z "$user" ] || chown -R "$user" "$@"
}

# Builds $work/src; the compiler's messages are in $work/log/build.log.
build_sources()
{
	mkdir -p "$work/log"
	if ! make -C "$work/src" --no-print-directory -j"$(nproc)" all PG_CONFIG="$PG_CONFIG" \
		${WERROR:+"WERROR=$WERROR"} >"$work/log/build.log" 2>&1; then
		grep -E -A 5 'error: |\*\*\* ' "$work/log/build.log" >&2 || tail -n 40 "$work/log/build.log" >&2
		fail "the build failed; see $work/log/build.log"
	fi
	grep -A 5 'warning:' "$work/log/build.log" || :
}

# Installs it into $work/stage.  The path is relative because PGXS takes no blanks here.
# A server that is a throw-away of ours (DM_OWN_SERVER) has it among its own files.
stage_install()
{
	rm -rf "$work/stage"
	make -C "$work/src" -s install PG_CONFIG="$PG_CONFIG" \
		DESTDIR="$([ -n "${DM_OWN_SERVER:-}" ] || echo ../stage)" \
		${WERROR:+"WERROR=$WERROR"} >"$work/log/install.log" 2>&1 || {
		cat "$work/log/install.log" >&2
		fail "the staged install failed"
	}
}

# Where the servers of directory $1 put their sockets.  A socket's path has at most
# 107 bytes, of which the TAP tests take about 30 for folders of their own, and
# PostgreSQL's Perl modules cannot have a blank in it.  Other paths make us take a
# directory in /tmp, which goes when the servers go.
make_socket_dir()
{
	sockets=$1/s
	case $sockets in
	*[!A-Za-z0-9_./+-]*) why="has blanks or the like" ;;
	*) [ ${#sockets} -le 75 ] && why='' || why="is too long" ;;
	esac
	if [ -n "$why" ]; then
		sockets=$(mktemp -d /tmp/datamesh.XXXXXX)
		echo "$me: sockets go to $sockets while the servers run, because $1 $why"
	fi
	mkdir -p "$sockets"
	chmod 700 "$sockets"
	echo "$sockets" >"$1/sockets"
}

# Removes what make_socket_dir made for $1.  It is done by the user who could write
# the path there: root must not remove what somebody else names.
drop_socket_dir()
{
	[ -e "$1/sockets" ] || return 0
	as_user rm -rf "$(cat "$1/sockets")" "$1/sockets"
}

# The settings with which a server finds the extension in the staged install $1.
# This is the only place that knows how: Debian's patch up to 17, core from 18 on.
path_settings()
{
	[ -z "${DM_OWN_SERVER:-}" ] || return 0
	libdir=$("$PG_CONFIG" --pkglibdir)
	sharedir=$("$PG_CONFIG" --sharedir)
	settings=$("$bindir/postgres" --describe-config | cut -f 1)
	case $settings in
	*extension_control_path*)
		echo "extension_control_path = '$1$sharedir:\$system'" ;;
	*extension_destdir*)
		echo "extension_destdir = '$1'" ;;
	*)
		fail "this PostgreSQL $major loads extensions only from where it is installed: use make install and make installcheck" ;;
	esac
	echo "dynamic_library_path = '$1$libdir:\$libdir'"
}

# What every private server of ours is set to.  TAP tests append the same file.
server_settings()
{
	path_settings "$1"
	cat <<-END
		shared_preload_libraries = 'datamesh'
		fsync = off
	END
}

# Makes and starts the server $1/data with the settings file $2; it listens on
# $sockets only.  The superuser is called postgres whoever runs it, so that test
# answers do not depend on that.
start_server()
{
	rm -rf "$1/data"
	"$bindir/initdb" -D "$1/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N \
		>"$1/log/initdb.log" 2>&1 || {
		cat "$1/log/initdb.log" >&2
		fail "initdb failed"
	}
	{
		cat "$2"
		echo "listen_addresses = ''"
		echo "unix_socket_directories = '$sockets'"
		echo "unix_socket_permissions = 0700"
		echo "log_line_prefix = '%m [%p] %q%a '"
	} >>"$1/data/postgresql.conf"
	# the server must not hold on to our lock and our terminal
	"$bindir/pg_ctl" -D "$1/data" -l "$1/log/server.log" -s -w start </dev/null >/dev/null 9>&- || {
		tail -n 20 "$1/log/server.log" >&2
		fail "the server does not start"
	}
}

# Ends every server whose data directory is below $1, also one that a killed test
# left behind.  A process is a server of ours if it works in that directory.
stop_servers()
{
	[ -d "$1" ] || return 0
	find "$1" -name postmaster.pid | while IFS= read -r file; do
		pid=$(head -n 1 "$file" 2>/dev/null || :)
		data=$(dirname "$file")
		for signal in INT QUIT KILL; do
			[ "$(readlink "/proc/${pid:-none}/cwd")" = "$data" ] || break
			kill -s "$signal" "$pid" 2>/dev/null || :
			for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
				[ "$(readlink "/proc/$pid/cwd")" = "$data" ] || break
				sleep 0.25
			done
		done
	done
}

# Adds up results: lines of "what passed failed" on standard input.
print_sum()
{
	awk '{ passed += $(NF - 1); failed += $NF }
		END { printf "%d passed, %d failed\n", passed, failed; exit failed > 0 || passed == 0 }'
}
