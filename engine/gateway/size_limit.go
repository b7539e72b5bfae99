package gateway

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// hardLimitFactor: up to this many times the limit a request is still read, so that it can be
// refused with INVALID_ARGUMENT and the sizes. Beyond it gRPC itself refuses, to save memory,
// with RESOURCE_EXHAUSTED, which clients take for "try again".
const hardLimitFactor = 4

// checkSize refuses a request over the limit for good.
func (s *Server) checkSize(request any) error {
	message, ok := request.(proto.Message)
	if !ok {
		return nil
	}
	if size := proto.Size(message); size > s.config.MaxMessageSize {
		return status.Errorf(codes.InvalidArgument,
			"the request has %d bytes, the limit is %d: send less, or a reference to the data instead of the data", size, s.config.MaxMessageSize)
	}
	return nil
}

func (s *Server) limitUnary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if err := s.checkSize(request); err != nil {
		return nil, err
	}
	return handler(ctx, request)
}

func (s *Server) limitStream(service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return handler(service, &limitedStream{stream, s})
}

// limitedStream checks what a streaming call receives.
type limitedStream struct {
	grpc.ServerStream
	server *Server
}

// RecvMsg implements grpc.ServerStream.
func (l *limitedStream) RecvMsg(message any) error {
	if err := l.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	return l.server.checkSize(message)
}
