# Sourced by the commands that need running nodes, after cargo build: the folder of the build is
# $target. Everything started ends with the script, whose files lie in $work.
work=$(mktemp -d)
nodes=()
finish() {
  [ ${#nodes[@]} = 0 ] || { kill "${nodes[@]}" && wait "${nodes[@]}"; } 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# start_node NAME: serves a node below $work/NAME on a free port, sets port to it and pid to its
# process.
start_node() {
  : > "$work/$1.out"
  "$target/minnow" serve --home "$work/$1" --site "127.0.0.1:0:$1" >> "$work/$1.out" 2>&1 &
  pid=$!
  nodes+=("$pid")
  local tries=0
  until port=$(sed -n 's/.*ready on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/$1.out") && [ -n "$port" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$work/$1.out" >&2; exit 1; }
    sleep 0.1
  done
}

# install_plugin NAME: lays the plugin into the node's plugin directory and sets plugin to its
# descriptor.
install_plugin() {
  local folder=$work/$1/plugins/clusterSync
  mkdir -p "$folder"
  cp "$target/libclustersync.so" "$folder/libPluginClusterSync.so"
  plugin=$folder/PluginClusterSync.txt
  sed 's/{VERSION}/3.00.3/' plugin-descriptor/PluginClusterSync.txt > "$plugin"
}
