#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A report that was announced and did not come is a failure.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../../selftests/lib.sh"
splat_expected "WARNING: .*never"
check "nothing" true
splat_over
finish
