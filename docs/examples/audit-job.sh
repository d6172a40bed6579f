#!/usr/bin/env bash
# Runs an audit as a Job in the cluster that kubectl talks to, fetches its report, and deletes the Job.
#
#   audit-job.sh MANIFEST DIRECTORY
#
# In DIRECTORY: job.log (all that the pod wrote), report.json (the assessment), job.txt (what the cluster says
# of the Job). Exit status: that of the audit (0 nothing required failed, 1 findings, 3 incomplete); 2 where no
# report came of it, with the cause; 124 where it took longer than $AUDIT_TIMEOUT seconds (600).
set -euo pipefail

manifest=${1:?"the manifest of a Job"}
directory=${2:?"a directory for the results"}
timeout=${AUDIT_TIMEOUT:-600}
pause=${AUDIT_PAUSE:-5}
job=

say() { printf 'audit-job: %s\n' "$*" >&2; }

finish() {
  status=$?
  trap - EXIT INT TERM
  if [ -n "$job" ]; then
    kubectl describe "${at[@]}" "$job" pods --selector "job-name=$name" >"$directory/job.txt" 2>&1 || true
    if ! kubectl delete "${at[@]}" "$job" --ignore-not-found --wait=false --cascade=background >&2; then
      say "the Job could not be deleted: delete $job yourself, as its pod sees the node"
      [ "$status" -ne 0 ] || status=2
    fi
  fi
  exit "$status"
}

mkdir -p "$directory"
rm -f "$directory/report.json" "$directory/job.log" "$directory/job.txt"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The namespace and name come from the cluster, so that a manifest with generateName works too.
if ! made=$(kubectl create -f "$manifest" -o 'jsonpath={.metadata.namespace} {.metadata.name}'); then
  say "the Job could not be created; where it exists already, another audit runs, or was not cleaned up"
  exit 2
fi
at=(--namespace "${made% *}")
name=${made#* }
job=job/$name
say "$job runs in ${made% *}"

deadline=$((SECONDS + timeout))
state=
while :; do
  states=$(kubectl get "${at[@]}" "$job" -o 'jsonpath={.status.conditions[?(@.status=="True")].type}') || states=
  for word in $states; do
    case $word in Complete | Failed) state=$word ;; esac
  done
  [ -z "$state" ] || break
  if [ "$SECONDS" -ge "$deadline" ]; then
    say "$job did not end within $timeout seconds; job.txt says what it waits for (a mount, the image, a node)"
    kubectl logs "${at[@]}" "$job" >"$directory/job.log" 2>&1 || true
    exit 124
  fi
  sleep "$pause"
done

if ! kubectl logs "${at[@]}" "$job" >"$directory/job.log"; then
  say "$job is $state and has no log; job.txt says why its pod did not start"
  exit 2
fi
sed -n '/^{/,/^}/p' "$directory/job.log" >"$directory/report.json"
code=$(kubectl get "${at[@]}" pods --selector "job-name=$name" \
  -o 'jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}') || code=
if [ "$(tail -c 2 "$directory/report.json" | tr -d '\n')" != "}" ]; then
  rm -f "$directory/report.json"
  say "$job ended with ${code:-no status} and without a whole report; the end of its log:"
  tail -n 5 "$directory/job.log" >&2
  exit 2
fi
case $code in
  0 | 1 | 3) exit "$code" ;;
  *) say "$job ended with ${code:-no status}" && exit 2 ;;
esac
