#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Brings Triage up in Kubernetes: in minikube, which it starts and fills with images, or in the cluster
# of the current context. Safe to run again: it changes what differs.
#
#   ./deploy-to-k8s.sh [OPTION...]
#
#   --overlay NAME    minikube (the default), minikube-elk (with Elasticsearch, Logstash and Kibana),
#                     production, or the folder of a kustomization of your own
#   --profile NAME    the cluster of minikube (minikube)
#   --context NAME    the cluster, for overlays that are not for minikube (kubectl's current one)
#   --tag TAG         of the images (the commit, and a mark if files differ from it)
#   --timeout TIME    to wait for each part (600s)
#   --dry-run         print the manifests, say what would be done, and change nothing
#   --delete          take it away; the database's volume and the secrets stay
#   --delete --purge  take these away, too
#   --help            print this
#
# MINIKUBE_CPUS (4), MINIKUBE_MEMORY (6g) and MINIKUBE_DRIVER hold for a new cluster. Addresses are
# printed at the end. For production the secrets must be there: deploy/k8s/make_secrets, or Vault.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
images=(backend inference retrainer frontend)
addons=(metrics-server ingress)
namespace=triage
overlay=minikube profile=minikube context='' tag='' timeout=600s
dry_run=false delete=false purge=false

say() {
    echo "deploy-to-k8s: $*" >&2
}

die() {
    say "$*"
    exit 1
}

usage() {
    sed -n '/^#   \.\/deploy/,/^[^#]/s/^# \{0,1\}//p' deploy-to-k8s.sh
}

parse() {
    while [[ $# -gt 0 ]]; do
        case $1 in
        --dry-run) dry_run=true ;;
        --delete) delete=true ;;
        --purge) purge=true ;;
        --help | -h)
            usage
            exit 0
            ;;
        --overlay | --profile | --context | --tag | --timeout)
            [[ $# -ge 2 && -n $2 ]] || wrong_usage "$1 needs a value"
            printf -v "${1#--}" '%s' "$2"
            shift
            ;;
        *) wrong_usage "there is no option $1" ;;
        esac
        shift
    done
    [[ $purge == false || $delete == true ]] || wrong_usage "--purge goes with --delete"
    [[ $tag =~ ^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$ ]] || wrong_usage "'$tag' is no tag of an image"
}

wrong_usage() {
    say "$*; --help says which there are"
    exit 2
}

need() {
    command -v "$1" >/dev/null || die "$1 is not installed"
}

# Does it, or says that it would be done.
run() {
    if [[ $dry_run == true ]]; then
        say "would run: $*"
    else
        "$@"
    fi
}

cluster() {
    kubectl ${context:+--context "$context"} "$@"
}

# --- the cluster --------------------------------------------------------------------------------

is_for_minikube() {
    [[ $(basename "$folder") == minikube* ]]
}

start_minikube() {
    if minikube status --profile "$profile" >/dev/null 2>&1; then
        return
    fi
    run minikube start --profile "$profile" --cpus "${MINIKUBE_CPUS:-4}" \
        --memory "${MINIKUBE_MEMORY:-6g}" ${MINIKUBE_DRIVER:+--driver "$MINIKUBE_DRIVER"} >&2
}

enable_addons() {
    local addon there
    there=$(minikube addons list --profile "$profile" --output json 2>/dev/null | tr -d ' \n\t') || there=
    for addon in "${addons[@]}"; do
        grep -qE "\"$addon\":\{[^}]*\"Status\":\"enabled\"" <<<"$there" ||
            run minikube addons enable "$addon" --profile "$profile" >&2
    done
    # Until its webhook answers, no Ingress can be made.
    run cluster rollout status deployment/ingress-nginx-controller --namespace ingress-nginx \
        --timeout "$timeout" >&2
}

# --- images -------------------------------------------------------------------------------------

# The commit; with a mark of what has been changed since, so that pods are replaced then.
tag_of_tree() {
    local commit changes
    commit=$(git rev-parse --short=12 HEAD 2>/dev/null) || {
        echo dev
        return
    }
    changes=$(git diff HEAD | sha256sum | cut -c 1-8)
    if git diff --quiet HEAD; then
        echo "$commit"
    else
        echo "$commit-$changes"
    fi
}

# In a shell of its own: the variables that lead to minikube's Docker end with it.
build_images() (
    local name exports missing=()
    if [[ $dry_run == true ]]; then
        say "would build in minikube's Docker, where they are missing: ${images[*]/%/:$tag}"
        return
    fi
    exports=$(minikube docker-env --profile "$profile" --shell bash) ||
        die "minikube does not say where its Docker is"
    eval "$exports"
    for name in "${images[@]}"; do
        docker image inspect "triage/$name:$tag" >/dev/null 2>&1 || missing+=("$name")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    CONTAINER_TOOL=docker TRIAGE_TAG=$tag deploy/docker/build "${missing[@]}" >&2
)

# --- manifests ----------------------------------------------------------------------------------

render() {
    local text names
    text=$(kubectl kustomize "$folder") || die "the manifests of $folder cannot be made"
    if is_for_minikube; then
        names=$(IFS='|' && echo "${images[*]}")
        text=$(sed -E "s#^( *(- )?image: triage/($names)):.*#\1:$tag#" <<<"$text")
    fi
    printf '%s\n' "$text"
}

# select_kinds KIND...: the documents of these kinds, from standard input.
select_kinds() {
    awk -v kinds=" $* " '
        function flush() { if (index(kinds, " " kind " ")) printf "---\n%s", text; text = kind = "" }
        /^---$/ { flush(); next }
        /^kind: / { kind = $2 }
        { text = text $0 "\n" }
        END { flush() }'
}

# KIND/NAME of what is rolled out.
workloads() {
    local kind
    for kind in StatefulSet Deployment; do
        select_kinds $kind <<<"$manifests" | awk -v kind="${kind,,}" '
            /^metadata:$/ { inside = 1; next }
            /^[^ ]/ { inside = 0 }
            inside && /^  name: / { print kind "/" $2 }'
    done
}

hosts() {
    select_kinds Ingress <<<"$manifests" | sed -nE 's/^ *- host: *//p'
}

make_secrets() {
    if is_for_minikube; then
        run deploy/k8s/make_secrets --context "$context" >&2
        return
    fi
    local name
    [[ $dry_run == false ]] || return 0
    for name in triage-keys triage-database; do
        grep -qE "^ *(- )?name: $name\$" <<<"$manifests" || continue
        [[ -n $(cluster get secret "$name" --namespace "$namespace" --ignore-not-found --output name) ]] ||
            die "the secret $name is missing: deploy/k8s/make_secrets makes it"
    done
}

apply() {
    local jobs
    if [[ $dry_run == true ]]; then
        say "would apply to ${context:-the cluster of the current context}:"
        printf '%s\n' "$manifests"
        return
    fi
    # What a Job does cannot be changed: the old one goes first.
    jobs=$(select_kinds Job <<<"$manifests")
    [[ -z $jobs ]] || cluster delete --ignore-not-found --filename - <<<"$jobs" >&2
    cluster apply --filename - <<<"$manifests" >&2 || die "not all of it could be applied"
}

await_rollout() {
    local workload
    [[ $dry_run == false ]] || return 0
    while read -r workload; do
        cluster rollout status "$workload" --namespace "$namespace" --timeout "$timeout" </dev/null >&2 || {
            say "$workload did not become ready within $timeout. Its pods, and what happened last:"
            cluster get pods --namespace "$namespace" --output wide >&2 || true
            cluster get events --namespace "$namespace" --sort-by .lastTimestamp 2>/dev/null |
                tail -n 20 >&2 || true
            exit 1
        }
    done <<<"$(workloads)"
}

print_addresses() {
    local host scheme=https address
    [[ $dry_run == false ]] || return 0
    if is_for_minikube; then
        scheme=http
        address=$(minikube ip --profile "$profile")
        echo "Until a name server knows the hosts, a line for /etc/hosts:"
        echo "    $address $(hosts | paste -sd ' ')"
    fi
    echo "Triage is up at"
    while read -r host; do
        echo "    $scheme://$host"
    done <<<"$(hosts)"
    echo "The first key, to make others with:"
    echo "    kubectl${context:+ --context $context} get secret triage-keys --namespace $namespace" \
        "--output 'jsonpath={.data.admin-key}' | base64 -d"
}

take_away() {
    local kept='Namespace'
    if is_for_minikube; then
        # A cluster that is stopped keeps what is in it.
        local code=0
        minikube status --profile "$profile" >/dev/null 2>&1 || code=$?
        if [[ $code -eq 85 ]]; then
            say "there is no cluster $profile: nothing to take away"
            return
        fi
        [[ $code -eq 0 ]] || die "the cluster $profile does not run: minikube start --profile $profile"
    fi
    if [[ $dry_run == true ]]; then
        say "would delete from ${context:-the cluster of the current context}:"
        printf '%s\n' "$manifests" | awk '/^kind: /{kind=$2} /^  name: /{print kind "/" $2}' |
            grep -v "^$kept/" | sort -u
        return
    fi
    printf '%s\n' "$manifests" | without_namespaces |
        cluster delete --ignore-not-found --filename - >&2 || die "not all of it could be deleted"
    if [[ $purge == true ]]; then
        cluster delete namespace "$namespace" --ignore-not-found >&2
    fi
}

without_namespaces() {
    awk '
        function flush() { if (kind != "" && kind != "Namespace") printf "---\n%s", text; text = kind = "" }
        /^---$/ { flush(); next }
        /^kind: / { kind = $2 }
        { text = text $0 "\n" }
        END { flush() }'
}

parse "$@"
folder=$overlay
[[ -d $folder && $overlay == */* ]] || folder=deploy/k8s/overlays/$overlay
[[ -f $folder/kustomization.yaml ]] || die "there is no overlay $overlay"
need kubectl
if is_for_minikube; then
    need minikube
    # The context that minikube makes is called like its profile.
    context=$profile
    [[ -n $tag ]] || tag=$(tag_of_tree)
fi
manifests=$(render)
if [[ $delete == true ]]; then
    take_away
    exit 0
fi
if is_for_minikube; then
    start_minikube
    enable_addons
    build_images
fi
make_secrets
apply
await_rollout
print_addresses
