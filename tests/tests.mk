# Tests, benchmarks and the demo. The tests' own tree, $(BUILD)/check, is built with sanitizers and looks for its snapshot, socket
# and configuration inside itself; the end-to-end tests install what is in $(BUILD) into a throw-away root.
comma := ,
CHECK := $(BUILD)/check
BENCH := $(BUILD)/bench
CHECK_SANITIZE := $(or $(SANITIZE),address$(comma)undefined)
own_places = STATEDIR=$(abspath $(1))/state RUNDIR=$(abspath $(1))/run SYSCONFDIR=$(abspath $(1))/etc \
	SUDOERSDIR=$(abspath $(1))/etc/sudoers.d

UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/common/*.c tests/orgsyncd/*.c tests/module/*.c tests/orgd/*.c) tests/api/engine.c \
	tests/orgadmin/table.c)
TEST_TOOLS := $(BUILD)/tests/apiprobe $(BUILD)/tests/mksnapshot

# Everything but the programs' main functions; a test takes what it needs.
$(BUILD)/libtest.a: $(COMMON) $(API) $(filter-out %/main.o,$(call objects,orgsyncd))
	@echo '  AR   $@'
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/obj/tests/%.o: ORG_CFLAGS += -DMODULE_DIR='"$(abspath $(BUILD))"' -DMODULE_PATH='"$(abspath $(BUILD))/pam_org.so"'

TEST_LIBS := -lcmocka -lpam -lcurl -lcjson -lconfig -lsqlite3 -lseccomp -lsodium -lpthread
$(BUILD)/tests/apiprobe: $(BUILD)/obj/tests/api/apiprobe.o $(BUILD)/libtest.a
$(BUILD)/tests/mksnapshot: $(BUILD)/obj/tests/orgadmin/mksnapshot.o $(BUILD)/libtest.a
$(BUILD)/tests/orgadmin/table: $(filter-out %/main.o,$(call objects,orgadmin))
$(BUILD)/tests/orgadmin/table: TEST_LIBS += -lsmartcols -lyaml -lqrencode
$(BUILD)/tests/orgd/plans: $(addprefix $(BUILD)/obj/orgd/store/,schema.o sql_sqlite.o)
$(BUILD)/tests/orgd/unknown $(BUILD)/tests/orgd/gather: $(filter-out %/main.o,$(ORGD))
$(BUILD)/tests/orgd/unknown $(BUILD)/tests/orgd/gather: TEST_LIBS += -lmicrohttpd -lgnutls -lpq -lunistring -lm
$(BUILD)/tests/orgd/unknown: TEST_LIBS += -Wl,--wrap=statement_begin,--wrap=statement_run,--wrap=statement_number,--wrap=crypto_generichash
$(UNIT_TESTS): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(BUILD)/libtest.a
$(UNIT_TESTS) $(TEST_TOOLS):
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

# What tests put in front of libc or into a PAM stack, without a sanitizer.
PLUGINS := $(patsubst tests/plugins/%.c,$(BUILD)/tests/%.so,$(wildcard tests/plugins/*.c))
$(PLUGINS): $(BUILD)/tests/%.so: tests/plugins/%.c
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)$(CC) $(WARNINGS) -O1 -shared -fPIC -o $@ $<
.PHONY: check-plugins
check-plugins: $(PLUGINS) $(BUILD)/tests/libnss_extra.so.2

# A name service, as glibc looks for it.
$(BUILD)/tests/libnss_%.so.2: $(BUILD)/tests/nss_%.so
	$(Q)cp $< $@

.PHONY: check-programs
check-programs: all $(UNIT_TESTS) $(TEST_TOOLS)

# What building needs, what testing needs beside that, and what the installed programs need on a machine that builds nothing.
.PHONY: deps deps-check deps-run
deps:
	@tests/lib/deps build
deps-check:
	@tests/lib/deps build test
deps-run:
	@tests/lib/deps run

# `make check TESTS=tests/orgd/*.t` runs some of them. The slowest go first, as HARNESS_TIMER=1 has it: what begins last ends last.
SLOWEST := $(CHECK)/tests/orgsyncd/keeper_hostile $(patsubst %,tests/%.t,e2e/enrolled boot/enroll e2e/departures e2e/doctor orgadmin/shells \
	orgd/stores e2e/stacks faults/api e2e/one_broken e2e/sanitized boot/systemd)
TESTS ?= $(SLOWEST) $(filter-out $(SLOWEST),$(patsubst $(BUILD)/%,$(CHECK)/%,$(UNIT_TESTS)) $(wildcard tests/*.t tests/*/*.t))
# The sanitized tree by -O1: with more it takes half as long again to build, and the tests as long as with it.
.PHONY: check-built
check-built: deps-check
	@+$(MAKE) --no-print-directory SANITIZE= all check-plugins
	@+$(MAKE) --no-print-directory BUILD=$(CHECK) SANITIZE=$(CHECK_SANITIZE) CFLAGS='$(CFLAGS) -O1 -fno-sanitize-recover=undefined' \
		$(call own_places,$(CHECK)) check-programs

# Most tests wait most of the time: four at once are right for two processors.
.PHONY: check
check: check-built
	@tests/lib/long due
	@BUILD=$(abspath $(BUILD)) CMOCKA_MESSAGE_OUTPUT=TAP prove -j4 --exec tests/lib/run $(TESTS)

# More of what has rounds, one after the other, and each fuzzer for a minute. Due before a release: `make check` says whether it is.
.PHONY: check-long
check-long: check-built
	@export BUILD=$(abspath $(BUILD)) CMOCKA_MESSAGE_OUTPUT=TAP; \
		ROUNDS=10000 prove --exec tests/lib/run $(CHECK)/tests/module/property && \
		ROUNDS=1500 prove tests/e2e/agreement.t && \
		ROUNDS=200 prove --exec tests/lib/run tests/orgd/key_oracle.t && \
		ROUNDS=20 HISTORIES=100 prove --exec tests/lib/run tests/orgd/failover.t tests/orgd/two_servers.t && \
		ROUNDS=20 RUN=60 prove --exec tests/lib/run tests/orgd/cluster.t && \
		ROUNDS=200 CROWD=400000 prove tests/e2e/neighbour.t && \
		ROUNDS=200 prove tests/faults/kill.t tests/e2e/sanitized.t && \
		ROUNDS=100 prove tests/boot/sessions.t tests/e2e/sessions.t && \
		LONG=1 prove tests/e2e/taken_alone.t tests/e2e/enrolled.t && \
		ROUNDS=3 LONG=1 prove tests/boot/times.t && \
		tests/lib/deps browser clients $$(command -v npm >/dev/null || echo node) && \
		LONG=1 prove --exec tests/lib/run tests/e2e/doctor.t tests/orgadmin/github_prism.t tests/orgadmin/github_clients.t && \
		prove tests/e2e/page.t tests/e2e/organization_page.t && \
		for release in bookworm trixie; do RELEASE=$$release prove tests/packaging/roots/*.t || exit; done && \
		tests/lib/deps vm architectures && prove tests/boot/vm/*.t tests/module/architectures.t
	@+$(MAKE) --no-print-directory fuzz SECONDS=60
	@tests/lib/long passed

# What no compiler says; and the formatting that `make lint` wants.
.PHONY: lint
lint:
	@tests/lib/deps lint
	@CC="$(CC)" tests/lint
.PHONY: format
format:
	@find . -name .git -prune -o -name build -prune -o -name '*.[ch]' -print0 | xargs -0 clang-format-14 -i

# The reference part of orgadmin(1), in its place.
MANUAL := packaging/man/orgadmin.1
.PHONY: manual
manual: $(BUILD)/orgadmin
	@{ sed '/^\.\\" What follows is the output of/q' $(MANUAL); $(BUILD)/orgadmin --manual; sed -n '/^\.\\" So far orgadmin --manual/,$$p' $(MANUAL); } > $(MANUAL).new
	@mv $(MANUAL).new $(MANUAL)

# For editors and clangd.
compile_commands.json: FORCE
	@$(MAKE) --no-print-directory -Bn V=1 all | grep -E ' -c -o [^ ]+ [^ ]+\.c$$' | \
		jq -Rn --arg here "$(CURDIR)" '[inputs | {directory: $$here, command: ., file: sub("^.* "; "")}]' > $@

.PHONY: demo
demo: deps-check
	@+$(MAKE) --no-print-directory all
	@BUILD=$(abspath $(BUILD)) tests/demo/demo

$(BUILD)/libnss_const.so.2: $(BUILD)/obj/tests/bench/nss_const.o
	@echo '  LINK $@'
	$(Q)$(CC) $(ORG_LDFLAGS) -shared -fPIC $(LDFLAGS) -o $@ $^

BENCHES := $(BUILD)/tests/bench/lookup $(BUILD)/tests/bench/pam $(BUILD)/tests/bench/confirm $(BUILD)/tests/bench/orgd \
	$(BUILD)/tests/bench/listing $(BUILD)/tests/bench/compile $(BUILD)/tests/bench/rules $(BUILD)/tests/bench/fleet $(BUILD)/tests/bench/bare $(BUILD)/tests/bench/keys \
	$(BUILD)/tests/bench/spawn $(BUILD)/tests/bench/database
$(BUILD)/tests/bench/fleet $(BUILD)/tests/bench/bare: TEST_LIBS += -lgnutls
$(BUILD)/tests/bench/database: TEST_LIBS += -lpq
$(BUILD)/obj/tests/bench/database.o: ORG_CFLAGS += $(PQ_CFLAGS)
$(BENCHES): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(BUILD)/libtest.a
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

# Linked as orglogin-keys is.
$(BUILD)/tests/bench/keys_const: $(BUILD)/obj/tests/bench/keys_const.o $(MODULE)
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(LDFLAGS) -o $@ $^

.PHONY: bench-programs
bench-programs: all $(BENCHES) $(BUILD)/tests/apiprobe $(BUILD)/libnss_const.so.2 $(BUILD)/tests/bench/keys_const

.PHONY: bench
bench: deps-check
	@+$(MAKE) --no-print-directory BUILD=$(BENCH) $(call own_places,$(BENCH)) bench-programs
	@$(BENCH)/tests/bench/lookup
	@BUILD=$(BENCH) $(BENCH)/tests/bench/keys
	@$(BENCH)/tests/bench/compile
	@$(BENCH)/tests/bench/rules
	@BUILD=$(abspath $(BENCH)) tests/bench/host.sh
	@BUILD=$(abspath $(BENCH)) tests/bench/orgd.sh
	@BUILD=$(abspath $(BENCH)) tests/bench/orgadmin.sh
	@BUILD=$(abspath $(BENCH)) tests/bench/listing.sh
	@BUILD=$(abspath $(BENCH)) tests/bench/teams.sh
	@BUILD=$(abspath $(BENCH)) tests/bench/database.sh
	@BUILD=$(abspath $(BENCH)) tests/bench/fleet.sh
	@BUILD=$(abspath $(BENCH)) tests/bench/across.sh

# Fuzz targets: with libFuzzer in a tree of their own, and in the tests' own tree with a main function that replays the seeds.
FUZZ := $(BUILD)/fuzz
FUZZERS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out tests/fuzz/image.c tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
FUZZ_MAIN := $(if $(findstring fuzzer,$(SANITIZE)),-fsanitize=fuzzer,$(BUILD)/obj/tests/fuzz/replay.o)
$(FUZZERS): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(BUILD)/obj/tests/fuzz/image.o $(filter %.o,$(FUZZ_MAIN)) $(call objects,nss_module) $(BUILD)/libtest.a
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(filter -%,$(FUZZ_MAIN)) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

$(filter %/orgd_request,$(FUZZERS)): $(filter-out %/main.o,$(ORGD))
$(filter %/orgd_request,$(FUZZERS)): TEST_LIBS += $(BUILD)/libtest.a -lmicrohttpd -lgnutls -lpq -lsodium -lunistring -lm

.PHONY: fuzz-programs
fuzz-programs: $(FUZZERS)
check-programs: $(FUZZERS)

# `make fuzz SECONDS=600`: each target for so long; what it has learnt stays in $(FUZZ)/corpus.
SECONDS ?= 10
.PHONY: fuzz
fuzz: deps-check
	@tests/fuzz/run --possible || exit 0; \
	$(MAKE) --no-print-directory BUILD=$(FUZZ) CC=clang SANITIZE=fuzzer-no-link,address,undefined \
		CFLAGS='-O1 -g -fno-sanitize-recover=all' $(call own_places,$(FUZZ)) fuzz-programs && \
	tests/fuzz/run $(FUZZ) $(SECONDS) $(notdir $(FUZZERS))
