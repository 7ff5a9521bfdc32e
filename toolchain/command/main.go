// The command plugin for the Pulumi engine: a drop-in for pulumi-command 1.2.1.
package main

import (
	"context"
	"fmt"
	"os"

	"kvmlab/command/provider"
)

func main() {
	if err := provider.New().Run(context.Background(), provider.Name, provider.Version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
