// Command pulumi-tfgen-libvirt writes the schema that the plugin embeds.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"

	provider "kvmlab/toolchain/libvirt"
)

func main() {
	tfgen.Main(provider.Name, provider.Version, provider.Info())
}
