# datamesh - build and test
#
#   make                 the library and the install script, for PG_CONFIG's server
#   make install         into that server (DESTDIR= works as usual)
#   make installcheck    regression and isolation tests against the server that is running
#                        there, as for any other extension.  That server needs
#                        shared_preload_libraries = 'datamesh'; without it, say
#                        "make installcheck PRELOAD=no", which leaves out what
#                        test/preload_only lists.  TAP_TESTS=1 adds the TAP tests,
#                        which start servers of their own.
#
#   make test            all of it, in private throw-away servers; installs nothing
#                        outside of build/ but Debian packages that are missing
#   make test-all        the same on every supported PostgreSQL major (as root)
#   make test-server     PostgreSQL's own regression suite with datamesh in the server
#   make test-sqlsmith   random statements of a consumer, by Debian's sqlsmith
#   make test-sanitize   tests in a server with assertions and sanitizers; builds one
#   make fuzz            the parsers under libFuzzer, for FUZZ_SECONDS
#   make bench           the benchmarks of test/bench, in a private server; takes long
#   make lint            the rules of this source tree
#   make demo            a small mesh in a private server; demo-psql, demo-stop
#   make format          lays the C code out with clang-format
#
# The second group is scripts in test/bin/.  They copy the sources to build/ and
# call the first group there: the tree stays clean and two majors never see each
# other's object files.  They must also work where no PostgreSQL is installed yet,
# which is why PGXS is only asked for when a goal needs it.
#
# WERROR=1 turns warnings into errors, as CI does.

SCRIPT_GOALS = test test-all test-server test-sqlsmith test-sanitize fuzz bench lint demo demo-psql demo-stop format

.PHONY: $(SCRIPT_GOALS)
.DEFAULT_GOAL := all

test test-all fuzz bench lint demo-psql demo-stop format:
	@test/bin/$@

test-server:
	@test/bin/server-suite

test-sqlsmith:
	@test/bin/sqlsmith

test-sanitize:
	@test/bin/sanitize

# the last line tells how to look at the mesh
demo:
	@test/bin/demo

ifneq ($(filter-out $(SCRIPT_GOALS),$(or $(MAKECMDGOALS),all)),)

EXTENSION   = datamesh
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)

MODULE_big  = $(EXTENSION)
# A base name is used once in src/: the dependency files in .deps/ have no folder.
OBJS        = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
PG_CPPFLAGS = -I$(srcdir)/src -I$(libpq_srcdir) -DDM_VERSION=\"$(EXTVERSION)\"
SHLIB_LINK  = $(libpq) -lyaml -lpcre2-8

# The server's own headers do not pass the three that are switched off.
ifeq ($(WERROR),1)
PG_CFLAGS   = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
              -Wno-missing-field-initializers
endif

# Schema files run once, and bring the documents of sql/data along; function files run in every upgrade, too.
SQL_HEAD    = sql/prolog.sql
SQL_SCHEMA  = $(sort $(wildcard sql/schema/*.sql))
SQL_FUNC    = $(sort $(wildcard sql/func/*.sql))
SQL_DATA    = $(wildcard sql/data/*/*.json)
SQL_INSTALL = sql/$(EXTENSION)--$(EXTVERSION).sql
SQL_UPGRADE = $(patsubst sql/upgrade/%.sql,sql/$(EXTENSION)--%.sql,\
                $(wildcard sql/upgrade/*--$(EXTVERSION).sql))
DATA_built  = $(SQL_INSTALL) $(SQL_UPGRADE)

# Scripts in test/sql and test/specs, all answers in expected/.  Isolation tests
# share results/ with the others (PostgreSQL 15 finds the answers only so), hence
# their names begin with iso_.
REGRESS        = $(filter-out $(LEFT_OUT),$(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql))))
REGRESS_OPTS   = --inputdir=test --load-extension=$(EXTENSION)
ISOLATION      = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=. --load-extension=$(EXTENSION)
PROVE_TESTS   ?= test/t/*.pl test/attack/*.pl
ifeq ($(PRELOAD),no)
LEFT_OUT      := $(shell sed 's/[[:space:]]*\#.*//' test/preload_only)
endif

EXTRA_CLEAN = results regression.out regression.diffs tmp_check

# Debian's PGXS leaves this empty, and a changed header would rebuild nothing.
override autodepend = yes

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(wildcard $(PGXS)),)
$(error no PGXS from "$(PG_CONFIG)": install the server's development files (postgresql-server-dev-NN) or set PG_CONFIG)
endif
include $(PGXS)

.DELETE_ON_ERROR:

# flags and version come from these
$(OBJS): Makefile $(EXTENSION).control

# The folders are listed because a fragment that was removed is a change, too.
$(SQL_INSTALL): sql/install.awk $(SQL_HEAD) $(SQL_SCHEMA) $(SQL_FUNC) $(SQL_DATA) sql/schema sql/func Makefile $(EXTENSION).control
	LC_ALL=C awk -f sql/install.awk $(SQL_HEAD) $(SQL_SCHEMA) $(SQL_FUNC) > $@

$(SQL_UPGRADE): sql/$(EXTENSION)--%.sql: sql/upgrade/%.sql $(SQL_HEAD) $(SQL_FUNC) sql/func Makefile
	awk 1 $(SQL_HEAD) $< $(SQL_FUNC) > $@

# build/ may hold the demo's server
clean: clean-private
.PHONY: clean-private
clean-private:
	@test ! -e build/.demo || test/bin/demo-stop
	rm -rf build

endif
