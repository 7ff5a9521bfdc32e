// Package local runs commands on the machine that runs Pulumi.
package local

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"kvmlab/command/stream"
)

// Inputs are the arguments that Command and Run share.
type Inputs struct {
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the arguments in the schema.
func (i *Inputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Interpreter, "The program and its arguments that run the command; `/bin/sh -c` by default.")
	a.Describe(&i.Dir, "The directory to run the command in, which must exist; the program's own by default.")
	a.Describe(&i.Environment, "Variables added to the environment of the command.")
	a.Describe(&i.Stdin, "The standard input of the command.")
	a.Describe(&i.Logging, "Which streams to log while the command runs; both by default.")
	a.Describe(&i.AssetPaths, "Globs of the files to return as `assets` after the command. "+globRules)
	a.Describe(&i.ArchivePaths, "Globs of the files to return as `archive` after the command. "+globRules)
	a.Describe(&i.AddPreviousOutputInEnv,
		"Whether the previous run's outputs are passed as PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR; true by default.")
}

const globRules = "Paths are relative to `dir` and separated by `/`; `*` does not match `/`, `**` does; " +
	"a pattern that starts with `!` excludes; later patterns win."

// Outputs are the results that Command and Run share.
type Outputs struct {
	stream.Outputs
	Assets  *map[string]types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                `pulumi:"archive,optional"`
}

// Annotate describes the results in the schema.
func (o *Outputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Assets, "The files that `assetPaths` matched, by path relative to `dir`.")
	a.Describe(&o.Archive, "The files that `archivePaths` matched, as one archive.")
}
