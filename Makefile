# GNU make. `make` builds into build/; `make BUILD=DIR STATEDIR=DIR RUNDIR=DIR SYSCONFDIR=DIR SUDOERSDIR=DIR` builds elsewhere and for other places.
BUILD      ?= build
PREFIX     ?= /usr
DESTDIR    ?=
STATEDIR   ?= /var/lib/orglogin
RUNDIR     ?= /run/orglogin
SYSCONFDIR ?= /etc/orglogin
SUDOERSDIR ?= /etc/sudoers.d
MULTIARCH  := $(shell $(CC) -print-multiarch 2>/dev/null)
# These do not follow PREFIX: libc, libpam and pam-auth-update look nowhere else.
LIBDIR     ?= /usr/$(if $(MULTIARCH),lib/$(MULTIARCH),lib64)
PAMCONFIGS ?= /usr/share/pam-configs
DOCDIR     := $(PREFIX)/share/doc/orglogin
LIBEXECDIR := $(PREFIX)/libexec/orglogin
# Where AppArmor's files are, if it is there: make install DESTDIR=DIR APPARMOR=/etc/apparmor.d for a package.
APPARMOR   ?= $(if $(wildcard $(DESTDIR)/etc/apparmor.d/abstractions),/etc/apparmor.d)
SANITIZE   ?=
Q          := $(if $(V),,@)# V=1 shows the commands

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wformat=2 $(if $(WERROR),-Werror)
HARDEN   := -fstack-protector-strong -ffunction-sections -fdata-sections -fno-strict-aliasing $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
# On a machine of 32 bits, too, files have 64-bit inodes and there are times after 2038.
ORG_CFLAGS := -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -I. -I$(BUILD)/gen -MMD -MP $(WARNINGS) $(HARDEN) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer) \
	-DORG_STATEDIR='"$(STATEDIR)"' -DORG_RUNDIR='"$(RUNDIR)"' -DORG_SYSCONFDIR='"$(SYSCONFDIR)"' \
	-DORG_SUDOERSDIR='"$(SUDOERSDIR)"' \
	-DORG_SBINDIR='"$(PREFIX)/sbin"' -DORG_PAMDIR='"$(LIBDIR)/security"' \
	-DORG_DOCDIR='"$(DOCDIR)"' -DORG_LIBEXECDIR='"$(LIBEXECDIR)"' -DORG_UNITDIR='"$(PREFIX)/lib/systemd/system"'
# Every link is given $(CFLAGS), too: it compiles what came by -flto (below).
ORG_LDFLAGS := -Wl,-z,relro,-z,now,--as-needed,--gc-sections $(if $(SANITIZE),-fsanitize=$(SANITIZE))
MODULE_LDFLAGS = -shared -fPIC -Wl,-z,nodelete -Wl,--version-script=$(1) $(if $(SANITIZE),,-Wl,-z,defs)

PROGRAMS := $(addprefix $(BUILD)/,orgadmin orgsyncd orgd orglogin-keys)
MODULES  := $(addprefix $(BUILD)/,libnss_org.so.2 pam_org.so)

.PHONY: all
all: $(PROGRAMS) $(MODULES)

# One object a source file; everything is position independent, so that common/ serves modules and programs alike.
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(foreach room,$(1),$(wildcard $(room)/*.c $(room)/*/*.c)))
COMMON   := $(call objects,common)
READER   := $(filter-out %/snapshot_writer.o %/snapshot_file.o,$(COMMON))
MODULE   := $(filter-out %/log.o %/notify.o,$(READER))# a module has no log, and no environment: they are another program's
API      := $(call objects,api)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo '  CC   $<'
	$(Q)$(CC) $(ORG_CFLAGS) $(CFLAGS) -fPIC -fvisibility=hidden $(CPPFLAGS) -c -o $@ $<

# The table of reserved names, from its data.
$(BUILD)/gen/common/reserved_names.h: common/reserved-names common/reserved-names.awk
	@mkdir -p $(@D)
	@echo '  GEN  $@'
	$(Q)LC_ALL=C awk -f common/reserved-names.awk common/reserved-names > $@.new && mv $@.new $@
$(BUILD)/obj/common/reserved.o: $(BUILD)/gen/common/reserved_names.h

# The annotated settings of orgd, which orgd init writes, as a C string.
$(BUILD)/gen/orgd/operator/orgd_conf.h: conf/orgd.conf
	@mkdir -p $(@D)
	@echo '  GEN  $@'
	$(Q)sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' -e '1i static const char orgd_conf[] =' -e '$$a ;' $< > $@.new && mv $@.new $@
$(BUILD)/obj/orgd/operator/init_files.o: $(BUILD)/gen/orgd/operator/orgd_conf.h

# The page: its texts put into each language's frame, as a template and as the first view of it; all of it compressed without names and
# times, so that two builds are equal; and the object that has it inside.
WEB := $(BUILD)/gen/web
WEB_PAGES := $(foreach language,en de,$(foreach page,invitation first account organization device,$(WEB)/$(page).$(language).html))
WEB_FILES := $(patsubst web/%,$(WEB)/%,$(wildcard web/*.css web/*.js))
$(WEB_PAGES): $(wildcard web/*.html web/parts/*.html) web/texts web/page.awk
	@mkdir -p $(@D)
	@echo '  GEN  $@'
	$(Q)LC_ALL=C awk -v language=$(word 2,$(subst ., ,$(@F))) -v shown=$(patsubst invitation,,$(subst first,code,$(word 1,$(subst ., ,$(@F))))) -v frame=web/$(subst first,invitation,$(word 1,$(subst ., ,$(@F)))).html -f web/page.awk web/texts $(sort $(wildcard web/*.html)) > $@.new && mv $@.new $@
# Without indentation and the comments that are lines of their own.
$(WEB_FILES): $(WEB)/%: web/%
	@mkdir -p $(@D)
	$(Q)sed -E -e 's/^ +//' -e '/^(\/\/|\/\*.*\*\/$$|$$)/d' $< > $@.new && mv $@.new $@
$(WEB)/%.gz: $(WEB)/%
	$(Q)gzip -9 -n < $< > $@.new && mv $@.new $@
$(BUILD)/obj/orgd/web/assets.o: orgd/web/assets.S $(WEB_PAGES) $(WEB_FILES) $(patsubst %,%.gz,$(filter-out $(WEB)/invitation.%,$(WEB_PAGES)) $(WEB_FILES)) $(BUILD)/flags
	@mkdir -p $(@D)
	@echo '  AS   $<'
	$(Q)$(CC) -c -I$(WEB) -Wa,-I$(WEB) $(CPPFLAGS) -o $@ $<
ORGD := $(call objects,orgd) $(BUILD)/obj/orgd/web/assets.o

# Where Debian keeps libpq's header.
PQ_CFLAGS := $(shell pkg-config --cflags libpq 2>/dev/null)
$(BUILD)/obj/orgd/store/%.o: ORG_CFLAGS += $(PQ_CFLAGS)

# Changed flags or directories build again what depends on them.
FLAGS := $(CC) $(ORG_CFLAGS) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo "$(subst ",\",$(FLAGS))" | cmp -s - $@ || echo "$(subst ",\",$(FLAGS))" > $@
.PHONY: FORCE
FORCE:

$(BUILD)/orgadmin: $(call objects,orgadmin) $(API) $(READER)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcjson -lconfig -lsmartcols -lyaml -lqrencode -lpam

# A fetcher loads no library once it is locked up: api/curl.h.
$(BUILD)/orgsyncd: $(call objects,orgsyncd) $(API) $(COMMON)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--no-as-needed -lcurl -lgnutls -Wl,--as-needed -lcjson -lconfig -lsqlite3 -lseccomp -lsodium

# What is allocated for 10 000 hosts lies far apart: with jemalloc to free it costs half as much. The sanitizers have an allocator of their own.
$(BUILD)/orgd: ALLOCATOR := $(if $(SANITIZE),,-ljemalloc)
$(BUILD)/orgd: $(ORGD) $(API) $(READER)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ALLOCATOR) -lmicrohttpd -lgnutls -lsqlite3 -lpq -lsodium -lunistring -lcurl -lcjson -lconfig -lm -lpthread

# sshd starts it several times for each login: libc alone.
$(BUILD)/orglogin-keys: $(call objects,keys) $(MODULE)
	@echo '  LINK $@'
	$(Q)$(CC) -pie $(ORG_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^

# A lookup crosses a dozen small functions of common/: seen as one, they cost a fifth less. (gcc only: with clang it needs a linker of
# its own. The objects hold plain code as well, for everybody else.)
LTO := $(if $(SANITIZE),,$(shell $(CC) --version 2>/dev/null | grep -q 'Free Software' && echo -flto -ffat-lto-objects))
$(BUILD)/obj/common/%.o $(BUILD)/obj/nss_module/%.o: ORG_CFLAGS += $(LTO)

# Every process that asks for a name pays for the module's mappings: fewer of them.
$(BUILD)/libnss_org.so.2: $(call objects,nss_module) $(MODULE) nss_module/exports.map
	@echo '  LINK $@'
	$(Q)$(CC) $(ORG_LDFLAGS) $(call MODULE_LDFLAGS,nss_module/exports.map) -Wl,-z,noseparate-code $(LTO) $(CFLAGS) $(LDFLAGS) -Wl,-soname,libnss_org.so.2 -o $@ $(filter %.o,$^)

$(BUILD)/pam_org.so: $(call objects,pam_module) $(MODULE) pam_module/exports.map
	@echo '  LINK $@'
	$(Q)$(CC) $(ORG_LDFLAGS) $(call MODULE_LDFLAGS,pam_module/exports.map) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -lpam

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d)
include tests/tests.mk

# What programs that AppArmor confines need to see members and to log them in.
ABSTRACTIONS := abstractions/nameservice.d/libnss_org abstractions/authentication.d/pam_org

# What is installed, MODE:FILE:WHERE.
INSTALLED := $(foreach p,$(filter %/orgadmin,$(PROGRAMS)),755:$(p):$(PREFIX)/bin/orgadmin) \
	$(foreach p,$(filter %/orgsyncd %/orgd,$(PROGRAMS)),755:$(p):$(PREFIX)/sbin/$(notdir $(p))) \
	$(foreach p,$(filter %/orglogin-keys,$(PROGRAMS)),755:$(p):$(LIBEXECDIR)/orglogin-keys) \
	644:$(BUILD)/libnss_org.so.2:$(LIBDIR)/libnss_org.so.2 \
	644:$(BUILD)/pam_org.so:$(LIBDIR)/security/pam_org.so \
	$(foreach f,$(patsubst conf/%,%,$(shell find conf -type f)),644:conf/$(f):$(DOCDIR)/$(f)) \
	$(foreach f,README.md CHANGELOG.md LICENSE orgd/API.md,644:$(f):$(DOCDIR)/$(notdir $(f))) \
	$(foreach f,$(wildcard packaging/man/*),644:$(f):$(PREFIX)/share/man/man$(subst .,,$(suffix $(f)))/$(notdir $(f))) \
	$(foreach u,orgsyncd orgd orgd-user orglogin-enroll orglogin-first-boot,644:packaging/systemd/$(u).service:$(PREFIX)/lib/systemd/system/$(u).service) \
	$(foreach f,nsswitch pam-profile,755:packaging/$(f):$(LIBEXECDIR)/$(f)) \
	644:packaging/systemd/sysusers.conf:$(PREFIX)/lib/sysusers.d/orglogin.conf \
	644:packaging/pam-configs/orglogin:$(PAMCONFIGS)/orglogin \
	$(foreach f,$(wildcard packaging/selinux/*),644:$(f):$(DOCDIR)/selinux/$(notdir $(f))) \
	$(foreach f,$(wildcard packaging/apparmor/usr.sbin.* packaging/apparmor/README.md),644:$(f):$(DOCDIR)/apparmor/$(notdir $(f))) \
	$(if $(APPARMOR),$(foreach f,$(ABSTRACTIONS),644:packaging/apparmor/$(f):$(APPARMOR)/$(f))) \
	644:packaging/completions/orgadmin.bash:$(PREFIX)/share/bash-completion/completions/orgadmin \
	644:packaging/completions/_orgadmin:$(PREFIX)/share/zsh/vendor-completions/_orgadmin \
	644:packaging/completions/orgadmin.fish:$(PREFIX)/share/fish/vendor_completions.d/orgadmin.fish

# Units, pages, profiles and examples name the places of this installation.
AS_HERE := sed -e 's|/usr/sbin/org|$(PREFIX)/sbin/org|g' -e 's|/usr/bin/orgadmin|$(PREFIX)/bin/orgadmin|g' -e 's|/usr/libexec/orglogin|$(LIBEXECDIR)|g' -e 's|/usr/share/doc/orglogin|$(DOCDIR)|g' -e 's|/etc/orglogin|$(SYSCONFDIR)|g' \
	-e 's|/var/lib/orglogin|$(STATEDIR)|g' -e 's|/run/orglogin|$(RUNDIR)|g' -e 's|/etc/sudoers\.d|$(SUDOERSDIR)|g'

# Each file takes the place of the old one whole, at once: somebody may be logging in.
.PHONY: install
install: all
	$(Q)install -d -m 755 $(DESTDIR)$(SYSCONFDIR)
	$(Q)set -e; umask 022; for entry in $(INSTALLED); do \
		mode=$${entry%%:*} file=$${entry#*:}; to=$(DESTDIR)$${file##*:} file=$${file%:*}; new=$${to%/*}/.$${to##*/}.new; \
		echo "  INSTALL $$to"; mkdir -p "$${to%/*}"; \
		case $$file in $(BUILD)/*) cp "$$file" "$$new" ;; *) $(AS_HERE) "$$file" >"$$new" ;; esac; \
		chmod "$$mode" "$$new"; mv -f "$$new" "$$to"; \
	done
ifeq ($(DESTDIR),)
	$(Q)[ "$$(id -u)" != 0 ] || ! command -v systemd-sysusers >/dev/null || systemd-sysusers $(PREFIX)/lib/sysusers.d/orglogin.conf
	$(Q)for user in orgsync orgd orglogin-keys; do getent -s files passwd $$user >/dev/null || \
		echo "/etc/passwd has no $$user yet: systemd-sysusers --root=/ orglogin.conf, or useradd --system --no-create-home --shell /usr/sbin/nologin $$user"; \
	done
	@echo 'An upgrade? It is in force after: systemctl daemon-reload; systemctl restart orgsyncd; then orgadmin host doctor'
endif

# Not while this machine's logins or names go by it. DESTDIR is no machine.
UNINSTALL := $(if $(DESTDIR),:,SYSCONFDIR='$(SYSCONFDIR)' STATEDIR='$(STATEDIR)' SUDOERSDIR='$(SUDOERSDIR)' packaging/uninstall.sh)
.PHONY: uninstall
uninstall:
	$(Q)$(UNINSTALL) used || { echo 'uninstall: this machine still asks orglogin there; nothing is removed' >&2; exit 1; }
	rm -f $(foreach entry,$(INSTALLED),$(DESTDIR)$(lastword $(subst :, ,$(entry))))
	-$(Q)rmdir $(addprefix $(DESTDIR)$(DOCDIR)/,pam.d pam.d.fedora selinux apparmor) $(DESTDIR)$(DOCDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(SYSCONFDIR) \
		$(if $(APPARMOR),$(addprefix $(DESTDIR)$(APPARMOR)/,$(dir $(ABSTRACTIONS)))) 2>/dev/null
	$(Q)$(UNINSTALL) left

# Debian's packages, for the Debian that this machine runs, and a signed index for apt to get them from (packaging/repo).
.PHONY: deb
deb:
	@tests/lib/deps build deb
	@packaging/deb $(BUILD)/deb
.PHONY: repo
repo:
	@tests/lib/deps repo
	@packaging/repo $(BUILD)/deb $(BUILD)/repo

# RPM packages, where rpmbuild is (packaging/rpm; docs/packages.md says how far they are tested).
.PHONY: rpm
rpm:
	@tests/lib/deps build rpm
	@packaging/rpm/build $(BUILD)/rpm

.PHONY: clean
clean:
	rm -rf $(BUILD)
