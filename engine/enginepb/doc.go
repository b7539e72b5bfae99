// Package enginepb is the generated Go code of payhub.v1.Engine, payhub's own calls
// to the engine. ../gatewaypb/generate.sh makes the code from engine.proto.
package enginepb
