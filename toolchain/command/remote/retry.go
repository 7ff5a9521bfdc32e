package remote

import (
	"context"
	"fmt"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
)

const (
	firstDelay = 100 * time.Millisecond
	lastDelay  = 5 * time.Second
)

// retry calls attempt until it succeeds, waiting ever longer in between. More than limit errors are
// too many; a negative limit forgives them all.
func retry[T any](ctx context.Context, what string, limit int, attempt func() (T, error)) (T, error) {
	bound := "inf"
	if limit >= 0 {
		bound = strconv.Itoa(limit)
	}
	delay := firstDelay
	for failed := 1; ; failed++ {
		result, err := attempt()
		if err == nil {
			return result, nil
		}
		if ctx.Err() != nil {
			return result, context.Cause(ctx)
		}
		if limit >= 0 && failed > limit {
			return result, fmt.Errorf("%s: after %d failed attempts: %w", what, failed, err)
		}
		p.GetLogger(ctx).InfoStatusf("%s %d/%s failed, retrying: %v", what, failed, bound, err)
		select {
		case <-ctx.Done():
			return result, context.Cause(ctx)
		case <-time.After(delay):
		}
		delay = min(delay*3/2, lastDelay)
	}
}
