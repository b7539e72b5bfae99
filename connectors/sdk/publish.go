package sdk

import (
	"context"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
)

// Message is published to whoever waits for its name and correlation key.
type Message struct {
	Name           string
	CorrelationKey string
	TimeToLive     time.Duration // how long it is kept for someone to come; 0 = not kept
	ID             string        // not empty: at most once while it is kept
	Variables      any           // a JSON object, or nil
}

// Publish hands a message to the engine; the answer says nothing about who got it.
func (c *Client) Publish(ctx context.Context, m Message) error {
	text, err := object(m.Variables)
	if err != nil {
		return err
	}
	_, err = c.gateway.PublishMessage(ctx, &gatewaypb.PublishMessageRequest{
		Name: m.Name, CorrelationKey: m.CorrelationKey, TimeToLive: m.TimeToLive.Milliseconds(), MessageId: m.ID, Variables: text,
	})
	return err
}
