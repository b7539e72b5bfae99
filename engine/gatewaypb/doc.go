// Package gatewaypb is the generated Go code of the Zeebe-compatible gateway
// protocol (protobuf package gateway_protocol). The .proto files beside it are our
// own; generate.sh makes the code. A program must not link this package together
// with another client's stubs: both would register the same message names.
package gatewaypb

//go:generate ./generate.sh
