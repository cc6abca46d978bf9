#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Ends before it has come to its end.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../../selftests/lib.sh"
check "first" true
exit 0
