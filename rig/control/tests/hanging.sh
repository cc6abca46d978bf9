#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 1
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../../selftests/lib.sh"
check "first" true
sleep 1000
finish
