// Package nodepb is the generated Go code of payhub.node.v1.Node, the calls between the nodes of a
// cluster. ../gatewaypb/generate.sh makes the code from node.proto.
package nodepb
