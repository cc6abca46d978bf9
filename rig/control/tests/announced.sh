#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A report that was announced is none.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../../selftests/lib.sh"
splat_expected "WARNING: .*control_init"
check "module loaded" insmod "$CONTROL_DIR/control_warn.ko"
splat_over
rmmod control_warn
finish
