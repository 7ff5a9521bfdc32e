// Command pulumi-tfgen-libvirt writes the schema that the plugin embeds.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"

	provider "kvmlab/bench/plain/plugin"
)

func main() {
	tfgen.Main(provider.Name, provider.Version, provider.Info())
}
