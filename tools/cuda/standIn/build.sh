#!/bin/bash
# Builds libraries that stand in for CUDA's: memory is the host's, copies copy, kernels do nothing.
# Usage: build.sh <folder of libonnxruntime_providers_cuda.so> <target folder>
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
provider=$1/libonnxruntime_providers_cuda.so
mkdir -p "$2" && cd "$2"

# Every function that is asked for and that the source does not define returns 0.
library() { # source, file, version or - for none, symbols
  local source=$1 file=$2 version=$3 symbols=$4 flags=()
  { cat "$here/$source"; for f in $symbols; do grep -qw "$f" "$here/$source" || case $f in
      cudnn*Size) echo "int $f(void *a, void *b, void *c, void *d, size_t *n) { *n = 0; return 0; }" ;;
      *) echo "int $f(void) { return 0; }" ;;
    esac; done; } > "$file.c"
  if [ "$version" != - ]; then echo "$version { global: *; };" > "$file.map"; flags=(-Wl,--version-script="$file.map"); fi
  gcc -shared -fPIC -w -O1 -Wl,-soname,"$file" "${flags[@]}" -o "$file" "$file.c"
}
imported() { nm -D --undefined-only "$provider" | awk '{print $2}' | grep "@$1$" | sed 's/@.*//'; }

for name in cudart cublas cublasLt; do
  file=$(readelf -d "$provider" | grep -o "lib$name\.so\.[0-9]*")
  library $name.c "$file" "$file" "$(imported "$file")"
done
library cudnn.c libcudnn.so.9 libcudnn.so.9 "$(strings -n 6 "$provider" | grep -oE '^cudnn[A-Z][A-Za-z0-9_]+$' | sort -u)"
library driver.c libcuda.so.1 - ''
library driver.c libcurand.so.10 - ''
# What get_all_opkernel_def wants, for kernels.py.
for name in nvinfer nvonnxparser; do
  library driver.c lib$name.so.10 - 'createInferRuntime_INTERNAL createInferBuilder_INTERNAL createInferRefitter_INTERNAL createNvOnnxParser_INTERNAL createNvOnnxParserRefitter_INTERNAL getInferLibVersion getPluginRegistry initLibNvInferPlugins'
done
rm -f ./*.c ./*.map
