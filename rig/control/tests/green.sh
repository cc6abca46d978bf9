#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Green.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../../selftests/lib.sh"
setup_ns NS
check "a namespace exists" in_ns "$NS" true
finish
