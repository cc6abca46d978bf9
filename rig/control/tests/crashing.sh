#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Dies after its first check.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../../selftests/lib.sh"
check "first" true
kill -SEGV $$
