// Command pulumi-resource-libvirt is the plugin that Pulumi's engine starts.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	provider "kvmlab/bench/plain/plugin"
)

//go:generate go run ../pulumi-tfgen-libvirt schema --skip-docs --skip-examples --out .
//go:generate rm -f Pulumi.yaml
//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main(provider.Name, provider.Version, provider.Info(), schema)
}
