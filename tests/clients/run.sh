#!/usr/bin/env bash
# Runs what people use against a server with the seed in it, each with its default settings: the openai SDKs for Python
# and JavaScript, LangChain, LlamaIndex, Haystack and the MCP SDK.
#
#     tests/clients/run.sh [SCRIPT…]      only these scripts
#
# Takes the built program (debug, or $YIJU). Installs the clients under the target directory.
set -euo pipefail
cd "$(dirname "$0")/../.."

target="$(realpath -m "${CARGO_TARGET_DIR:-target}")"
export YIJU="${YIJU:-$target/debug/yiju}"
yiju="$YIJU"
place_of_clients="$target/clients"
venv="$place_of_clients/venv"
here="$PWD/tests/clients"

[ -x "$yiju" ] || cargo build --workspace --locked
if ! cmp -s "$here/requirements.txt" "$place_of_clients/installed.txt"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$place_of_clients/installed.txt"
fi
if ! cmp -s "$here/package.json" "$place_of_clients/package.json"; then
    cp "$here/package.json" "$place_of_clients/package.json"
    (cd "$place_of_clients" && npm install --silent --no-audit --no-fund)
fi

. tests/server.sh
# Beside its modules, which node looks for from a script's own directory.
cp "$here"/*.mjs "$place_of_clients/"
# The model yiju-writer writes with an endpoint of the scripts' own.
exec {written}< <(exec python3 "$here/endpoint.py")
endpoint=$!
trap 'kill "$endpoint"; stop_server' EXIT
read -r writer_url <&"$written"
start_server --writer-url "$writer_url" --writer-model made
export YIJU_URL="$url"

scripts=("$@")
[ "${#scripts[@]}" -gt 0 ] || scripts=(openai_sdk.py openai_sdk.mjs langchain_openai_classes.py llamaindex.py haystack_components.py mcp_sdk.py)
for script in "${scripts[@]}"; do
    began=$SECONDS
    case "$script" in
        *.py) HAYSTACK_TELEMETRY_ENABLED=False "$venv/bin/python" "$here/$script" ;;
        *.mjs) node "$place_of_clients/$script" ;;
    esac
    printf '%s works (%s s)\n' "$script" "$((SECONDS - began))"
done
