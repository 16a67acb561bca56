# GNU make. `make` builds into build/; `make BUILD=DIR STATEDIR=DIR RUNDIR=DIR SYSCONFDIR=DIR` builds elsewhere and for other places.
BUILD      ?= build
PREFIX     ?= /usr
DESTDIR    ?=
STATEDIR   ?= /var/lib/orglogin
RUNDIR     ?= /run/orglogin
SYSCONFDIR ?= /etc/orglogin
MULTIARCH  := $(shell $(CC) -print-multiarch 2>/dev/null)
LIBDIR     ?= $(PREFIX)/lib/$(MULTIARCH)
SANITIZE   ?=
Q          := $(if $(V),,@)# V=1 shows the commands

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wformat=2 $(if $(WERROR),-Werror)
HARDEN   := -fstack-protector-strong -ffunction-sections -fdata-sections -fno-strict-aliasing $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
ORG_CFLAGS := -std=c17 -D_GNU_SOURCE -I. -MMD -MP $(WARNINGS) $(HARDEN) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer) \
	-DORG_STATEDIR='"$(STATEDIR)"' -DORG_RUNDIR='"$(RUNDIR)"' -DORG_SYSCONFDIR='"$(SYSCONFDIR)"' \
	-DORG_SBINDIR='"$(PREFIX)/sbin"' -DORG_PAMDIR='"$(LIBDIR)/security"' \
	-DORG_DOCDIR='"$(PREFIX)/share/doc/orglogin"'
ORG_LDFLAGS := -Wl,-z,relro,-z,now,--as-needed,--gc-sections $(if $(SANITIZE),-fsanitize=$(SANITIZE))
MODULE_LDFLAGS = -shared -fPIC -Wl,-z,nodelete -Wl,--version-script=$(1) $(if $(SANITIZE),,-Wl,-z,defs)

PROGRAMS := $(addprefix $(BUILD)/,orgadmin orgsyncd orgd)
MODULES  := $(addprefix $(BUILD)/,libnss_org.so.2 pam_org.so)

.PHONY: all
all: $(PROGRAMS) $(MODULES)

# One object a source file; everything is position independent, so that common/ serves modules and programs alike.
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)/*.c))
COMMON   := $(call objects,common)
READER   := $(filter-out %/snapshot_writer.o %/snapshot_file.o,$(COMMON))
API      := $(call objects,api)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo '  CC   $<'
	$(Q)$(CC) $(ORG_CFLAGS) $(CFLAGS) -fPIC -fvisibility=hidden $(CPPFLAGS) -c -o $@ $<

# Changed flags or directories build again what depends on them.
FLAGS := $(CC) $(ORG_CFLAGS) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo "$(subst ",\",$(FLAGS))" | cmp -s - $@ || echo "$(subst ",\",$(FLAGS))" > $@
.PHONY: FORCE
FORCE:

$(BUILD)/orgadmin: $(call objects,orgadmin) $(API) $(READER)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(LDFLAGS) -o $@ $^ -lcurl -lcjson -lconfig -lsmartcols -lyaml -lpam

$(BUILD)/orgsyncd: $(call objects,orgsyncd) $(API) $(COMMON)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(LDFLAGS) -o $@ $^ -lcurl -lcjson -lconfig -lsqlite3 -lseccomp

$(BUILD)/orgd: $(call objects,orgd) $(READER)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(LDFLAGS) -o $@ $^ -lmicrohttpd -lgnutls -lsqlite3 -lsodium -lcurl -lcjson -lm -lpthread

# A lookup crosses a dozen small functions of common/: seen as one, they cost a fifth less. (gcc only: with clang it needs a linker of
# its own. The objects hold plain code as well, for everybody else.)
LTO := $(if $(SANITIZE),,$(shell $(CC) --version 2>/dev/null | grep -q 'Free Software' && echo -flto -ffat-lto-objects))
$(BUILD)/obj/common/%.o $(BUILD)/obj/nss_module/%.o: ORG_CFLAGS += $(LTO)

# Every process that asks for a name pays for the module's mappings: fewer of them.
$(BUILD)/libnss_org.so.2: $(call objects,nss_module) $(READER) nss_module/exports.map
	@echo '  LINK $@'
	$(Q)$(CC) $(ORG_LDFLAGS) $(call MODULE_LDFLAGS,nss_module/exports.map) -Wl,-z,noseparate-code $(LTO) $(CFLAGS) $(LDFLAGS) -Wl,-soname,libnss_org.so.2 -o $@ $(filter %.o,$^)

$(BUILD)/pam_org.so: $(call objects,pam_module) $(READER) pam_module/exports.map
	@echo '  LINK $@'
	$(Q)$(CC) $(ORG_LDFLAGS) $(call MODULE_LDFLAGS,pam_module/exports.map) $(LDFLAGS) -o $@ $(filter %.o,$^) -lpam

-include $(wildcard $(BUILD)/obj/*/*.d) $(wildcard $(BUILD)/obj/tests/*/*.d)
include tests/tests.mk

.PHONY: install
install: all
	install -d $(addprefix $(DESTDIR),$(PREFIX)/bin $(PREFIX)/sbin $(LIBDIR)/security $(PREFIX)/share/doc/orglogin \
		$(PREFIX)/lib/systemd/system $(PREFIX)/lib/sysusers.d $(PREFIX)/share/man/man1 $(PREFIX)/share/man/man5 $(PREFIX)/share/man/man7 $(PREFIX)/share/man/man8)
	install -d -m 755 $(DESTDIR)$(SYSCONFDIR)
	install -m 755 $(BUILD)/orgadmin $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(BUILD)/orgsyncd $(BUILD)/orgd $(DESTDIR)$(PREFIX)/sbin/
	install -m 644 $(BUILD)/libnss_org.so.2 $(DESTDIR)$(LIBDIR)/
	install -m 644 $(BUILD)/pam_org.so $(DESTDIR)$(LIBDIR)/security/
	cp -R conf/. $(DESTDIR)$(PREFIX)/share/doc/orglogin/
	install -m 644 README.md LICENSE orgd/API.md $(DESTDIR)$(PREFIX)/share/doc/orglogin/
	install -m 644 packaging/systemd/*.service $(DESTDIR)$(PREFIX)/lib/systemd/system/
	install -m 644 packaging/systemd/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/orglogin.conf
	for s in 1 5 7 8; do install -m 644 packaging/man/*.$$s $(DESTDIR)$(PREFIX)/share/man/man$$s/; done
	install -D -m 644 packaging/completions/orgadmin.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/orgadmin
	install -D -m 644 packaging/completions/_orgadmin $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_orgadmin
	install -D -m 644 packaging/completions/orgadmin.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/orgadmin.fish

.PHONY: clean
clean:
	rm -rf $(BUILD)
