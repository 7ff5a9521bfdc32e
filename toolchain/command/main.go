// The command plugin for the Pulumi engine: a drop-in for pulumi-command 1.2.1.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"kvmlab/command/provider"
)

func main() {
	os.Args = withoutProperties(os.Args)
	if err := provider.New().Run(context.Background(), provider.Name, provider.Version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// wordiest is the last level of the SDK's log that does not hold every property that the plugin is sent, secrets in
// plain text.
const wordiest = 8

// withoutProperties lowers the level that the engine hands on from `pulumi --logflow -v=9`.
func withoutProperties(args []string) []string {
	lowered := make([]string, len(args))
	for i, arg := range args {
		lowered[i] = arg
		if level, ok := strings.CutPrefix(arg, "-v="); ok {
			if n, err := strconv.Atoi(level); err == nil && n > wordiest {
				lowered[i] = fmt.Sprintf("-v=%d", wordiest)
			}
		}
	}
	return lowered
}
