#!/bin/sh
# Generates the Go code of the two gRPC services from their .proto files.
# The plugins' versions are pinned here and come from the Go module proxy;
# protoc itself is Debian's package protobuf-compiler. OUT names another target
# folder (default: the repository itself), as the test that compares does.
set -eu
cd "$(dirname "$0")/../.."
PROTOC_GEN_GO=v1.36.12
PROTOC_GEN_GO_GRPC=v1.6.2
out=${OUT:-.}
bin=${PLUGINS:-$PWD/bin/protoc-plugins}

command -v protoc >/dev/null || {
  echo "generate.sh: protoc is missing (install the package protobuf-compiler)" >&2
  exit 1
}
if [ "$(cat "$bin/versions" 2>/dev/null)" != "$PROTOC_GEN_GO $PROTOC_GEN_GO_GRPC" ]; then
  mkdir -p "$bin"
  GOBIN=$bin go install google.golang.org/protobuf/cmd/protoc-gen-go@$PROTOC_GEN_GO
  GOBIN=$bin go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@$PROTOC_GEN_GO_GRPC
  echo "$PROTOC_GEN_GO $PROTOC_GEN_GO_GRPC" >"$bin/versions"
fi
PATH=$bin:$PATH protoc -I . \
  --go_out="$out" --go_opt=module=github.com/payhub/payhub \
  --go-grpc_out="$out" --go-grpc_opt=module=github.com/payhub/payhub \
  engine/gatewaypb/*.proto engine/enginepb/*.proto engine/nodepb/*.proto
