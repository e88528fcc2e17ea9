#!/bin/sh
# Builds the image of the Dockerfile on a machine without Docker, and runs the smoke command inside it.
#
#   sudo container/build-without-engine.sh FOLDER      # on Debian; FOLDER gets 17 GB and can be deleted afterwards
# TORCH_INDEX=ADDRESS takes a torch without CUDA from that index.
#
# The base is a Debian made by debootstrap, the engine buildah with chroot isolation, which needs no kernel features that
# containers usually lack. EXTRA=search builds without torch_xla, where the disk is too small for the whole image;
# PIP_CONF=FILE gives pip's settings to the build (a mirror, say) and is no part of the image.
set -eu
source="$(cd "$(dirname "$0")/.." && pwd)"
folder="$(mkdir -p "${1:?a folder to build in}" && cd "$1" && pwd)"
extra="${EXTRA:-tpu}"
base=localhost/leukgan-base
image=localhost/leukgan

missing=""
for tool in buildah debootstrap crun; do
    command -v "$tool" > /dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
    echo "These are missing: apt-get install --no-install-recommends$missing" >&2
    exit 2
fi

free=$(df --output=avail --block-size=1G "$folder" | tail -1)
if [ "$extra" = tpu ] && [ -z "${TORCH_INDEX:-}" ] && [ "$free" -lt 35 ]; then
    echo "NOTE: $folder has $free GB free, too little for torch_xla and what PyPI's torch brings: building EXTRA=search."
    extra=search
fi

# Each container and each layer is a whole copy here: that needs no overlay file system.
engine() {
    command="$1"
    shift
    TMPDIR="$folder/tmp" buildah --root "$folder/images" --runroot "$folder/run" --storage-driver vfs "$command" "$@"
}
mkdir -p "$folder/tmp"

if ! engine inspect --type image "$base" > /dev/null 2>&1; then
    debootstrap --variant=minbase --include=python3,python3-venv,libpython3.11,ca-certificates bookworm "$folder/debian"
    container=$(engine from scratch)
    engine add --quiet "$container" "$folder/debian" /
    engine config --env PATH=/usr/local/bin:/usr/bin:/bin "$container"
    engine commit --quiet "$container" "$base"
    engine rm "$container"
    rm -rf "$folder/debian"
fi

engine bud --isolation chroot --build-arg BASE_IMAGE="$base" --build-arg EXTRA="$extra" \
    --build-arg TORCH_INDEX="${TORCH_INDEX:-}" \
    --build-arg REVISION="$(git -C "$source" describe --always --dirty 2> /dev/null || true)" \
    --volume /etc/ssl/certs:/etc/ssl/certs:ro ${PIP_CONF:+--volume "$PIP_CONF:/etc/pip.conf:ro"} \
    --tag "$image" "$source"

container=$(engine from "$image")
# buildah run leaves the entry point out.
engine run --isolation chroot "$container" -- run-app smoke
engine rm "$container"
echo "$image is built (EXTRA=$extra) and has run its smoke command"
