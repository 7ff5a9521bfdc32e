package main

import (
	"slices"
	"testing"
)

func TestNoLevelOfTheLogHoldsSecrets(t *testing.T) {
	for given, want := range map[string]string{"-v=9": "-v=8", "-v=11": "-v=8", "-v=3": "-v=3", "127.0.0.1:9": "127.0.0.1:9"} {
		got := withoutProperties([]string{"plugin", "--logtostderr", given})
		if !slices.Equal(got, []string{"plugin", "--logtostderr", want}) {
			t.Errorf("withoutProperties with %s: got %v", given, got)
		}
	}
}
