// Package provider describes terraform-provider-libvirt to Pulumi's Terraform bridge.
package provider

import (
	"github.com/dmacvicar/terraform-provider-libvirt/libvirt"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// Name is the package's name in Pulumi.
const Name = "libvirt"

// Version is that of the pulumi-libvirt release that this plugin stands in for.
const Version = "0.5.4"

// Info is what the bridge needs to know: tokens and defaults as pulumi-libvirt has them, so that its SDKs fit.
func Info() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           shim.NewProvider(libvirt.Provider()),
		Name:        Name,
		Version:     Version,
		DisplayName: "libvirt",
		Description: "A Pulumi package for creating and managing libvirt resources.",
		License:     "Apache-2.0",
		GitHubOrg:   "dmacvicar",
		Repository:  "https://github.com/pulumi/pulumi-libvirt",
		Config: map[string]*tfbridge.SchemaInfo{
			"uri": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"LIBVIRT_DEFAULT_URI"}}},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			// The computed token would be CloudinitDisk.
			"libvirt_cloudinit_disk": {Tok: tfbridge.MakeResource(Name, "index", "CloudInitDisk")},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("libvirt_", "index", tokens.MakeStandard(Name)))
	info.SetAutonaming(255, "-")
	return info
}
