// Package provider puts the resources and functions together.
package provider

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"

	"kvmlab/command/local"
	"kvmlab/command/remote"
)

// Name and Version are what the SDK on PyPI asks the engine for.
const (
	Name    = "command"
	Version = "1.2.1"
)

// New returns the provider.
func New() p.Provider {
	provider := infer.Provider(infer.Options{
		Metadata: schema.Metadata{
			DisplayName: "Command",
			Description: "Commands on the local machine and on remote machines as Pulumi resources.",
			License:     "Apache-2.0",
			LanguageMap: map[string]any{
				"python": map[string]any{
					"respectSchemaVersion": true,
					"pyproject":            map[string]bool{"enabled": true},
				},
			},
		},
		Resources: []infer.InferredResource{
			infer.Resource(&local.Command{}),
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
			infer.Resource(&remote.CopyFile{}),
		},
		Functions: []infer.InferredFunction{
			infer.Function(&local.Run{}),
		},
	})
	provider.CheckConfig = checkConfig
	provider.DiffConfig = diffConfig
	provider.Diff = replaceOnTriggers(provider.Diff)
	return provider
}

// checkConfig accepts what the engine sends: the provider has no configuration of its own.
func checkConfig(_ context.Context, req p.CheckRequest) (p.CheckResponse, error) {
	return p.CheckResponse{Inputs: req.Inputs}, nil
}

// diffConfig never sees a change. All that can differ is the plugin's version and what a framework
// notes beside it, and a replaced provider would replace every command, running its delete command:
// https://github.com/pulumi/pulumi-go-provider/issues/409
func diffConfig(context.Context, p.DiffRequest) (p.DiffResponse, error) {
	return p.DiffResponse{}, nil
}
