#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Green, but for what the module does to the kernel.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../../selftests/lib.sh"
check "module loaded" insmod "$CONTROL_DIR/control_late.ko"
finish
