#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Nothing but a skip.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../../selftests/lib.sh"
skip_all "on purpose"
