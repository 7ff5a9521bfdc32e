package remote

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

var errRefused = errors.New("connection refused")

// failing returns an attempt that fails the given number of times, and counts the calls.
func failing(times int, calls *int) func() (string, error) {
	return func() (string, error) {
		*calls++
		if *calls <= times {
			return "", errRefused
		}
		return "connected", nil
	}
}

// A negative limit forgives all errors, far more than the default.
func TestRetryWithoutLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		result, err := retry(t.Context(), "dial", -1, failing(100, &calls))
		assert.NoError(t, err)
		assert.Equal(t, "connected", result)
	})
}

// As many errors as the limit are forgiven and no more.
func TestRetryLimit(t *testing.T) {
	for limit, total := range map[int]int{0: 1, 1: 2, 10: 11} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			_, err := retry(t.Context(), "dial", limit, failing(limit, &calls))
			assert.NoError(t, err)

			calls = 0
			_, err = retry(t.Context(), "dial kvm1:22", limit, failing(limit+1, &calls))
			assert.ErrorIs(t, err, errRefused)
			assert.ErrorContains(t, err, "dial kvm1:22: after ")
			assert.Equal(t, total, calls)
		})
	}
}

// The waits grow by half from a tenth of a second to five seconds.
func TestRetryBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		previous := time.Now()
		_, err := retry(t.Context(), "dial", 20, func() (string, error) {
			waits = append(waits, time.Since(previous))
			previous = time.Now()
			return "", errRefused
		})
		assert.ErrorIs(t, err, errRefused)
		assert.Equal(t, []time.Duration{0, 100 * time.Millisecond, 150 * time.Millisecond, 225 * time.Millisecond}, waits[:4])
		assert.Equal(t, 5*time.Second, waits[20])
	})
}

// Cancelling ends a wait at once.
func TestRetryIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := retry(ctx, "dial", -1, failing(1000, new(int)))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 90*time.Millisecond, time.Since(began))
	})
}
