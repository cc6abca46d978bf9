#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An ordinary failure.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../../selftests/lib.sh"
check_eq "two numbers" 1 2
finish
