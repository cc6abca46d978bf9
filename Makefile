# SPDX-License-Identifier: GPL-2.0
# What people type. kbuild reads Kbuild; the work is done by the scripts of rig/.

# Headers of the kernel that the module is built for: the running one's, or the
# newest that are installed.
KDIR	?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
		       $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -rV))
KERNEL	?= uml
TESTS	?=
PREFIX	?= /usr
BUILD	:= $(CURDIR)/build

export TESTS

all: module tool

module: deps-build
	rig/module.sh $(KDIR) W=1

tool: deps-build
	$(MAKE) -C userspace BUILD=$(BUILD)

# Modules of the test kernels: build/6.12, build/6.1, build/uml …
modules: deps
	for kernel in 6.12 6.1 uml uml-6.1 debug; do rig/module.sh $$kernel W=1 || exit; done

check:
	@rig/check.sh

kunit: deps
	rig/module.sh uml W=1
	rig/vm.sh -k uml -- rig/kunit.sh

selftests: deps tool
	rig/module.sh $(KERNEL) W=1
	rig/vm.sh -k $(KERNEL) -t 1800 -- selftests/run.sh

demo: deps tool
	@rig/module.sh 6.12 W=1 > build/demo-module.log 2>&1 || { cat build/demo-module.log; exit 1; }
	@rig/vm.sh -k 6.12 -- rig/demo.sh

# BENCH: words for bench/bench.sh, as BENCH='CASES="new/udp/65536" ROUNDS=3'
bench: deps
	bench/bench.sh $(BENCH)

vm: KERNEL = debug
vm: deps tool
	rig/module.sh $(KERNEL) W=1
	rig/vm.sh -k $(KERNEL) -i

style: deps
	rig/style.sh

deps:
	@rig/deps.sh

deps-build:
	@rig/deps.sh build

# Onto this machine, or into DESTDIR: the module for the kernel of KDIR, the tool.
install: all
	$(MAKE) -C $(KDIR) M=$(BUILD)/host INSTALL_MOD_PATH=$(DESTDIR) modules_install
	[ -n "$(DESTDIR)" ] || depmod -a $$($(MAKE) -s --no-print-directory -C $(KDIR) kernelrelease)
	install -D -m 755 $(BUILD)/nft-alias $(DESTDIR)$(PREFIX)/sbin/nft-alias
	install -D -m 644 userspace/nft-alias.8 $(DESTDIR)$(PREFIX)/share/man/man8/nft-alias.8

clean:
	rm -rf build

.PHONY: all module modules tool check kunit selftests demo bench vm style deps deps-build install clean
