#!/bin/sh
# Runs each line of LINT_CHECKS (the list is in the Makefile), goes on after a failure, and says at the end what failed.
failed=""
log=$(mktemp)
trap 'rm -rf "$log" "$PIERHEAD_DATA_DIR"' EXIT
while IFS= read -r check; do
    [ -n "$check" ] || continue
    name=$(printf '%.60s' "$check")
    # shellcheck disable=SC2086 # the words of a check are its arguments
    if $check >"$log" 2>&1; then
        echo "ok      $name"
    else
        echo "FAILED  $name"
        cat "$log"
        failed="$failed
  $name"
    fi
done <<EOF
$LINT_CHECKS
EOF
if [ -n "$failed" ]; then
    echo "make lint: these checks failed:$failed"
    exit 1
fi
echo "make lint: every check passed"
