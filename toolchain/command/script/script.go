// Package script holds what every command has, wherever it runs: the scripts of its life.
package script

import "github.com/pulumi/pulumi-go-provider/infer"

// Names of the variables that hand the previous run's outputs to the next one.
const (
	EnvStdout = "PULUMI_COMMAND_STDOUT"
	EnvStderr = "PULUMI_COMMAND_STDERR"
)

// Lifecycle are the arguments that local and remote commands share.
type Lifecycle struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// Annotate describes the arguments in the schema.
func (i *Lifecycle) Annotate(a infer.Annotator) {
	a.Describe(&i.Triggers, "Values of any type; the resource is replaced when one of them changes.")
	a.Describe(&i.Create, "The command to run on create, and on update where there is no `update` command.")
	a.Describe(&i.Update, "The command to run on update; `create` runs again if this is empty. "+previousOutput)
	a.Describe(&i.Delete, "The command to run on delete. "+previousOutput)
}

const previousOutput = "`" + EnvStdout + "` and `" + EnvStderr + "` hold the outputs of the previous run."

// OnUpdate is the command that an update runs, nil for none.
func (i Lifecycle) OnUpdate() *string {
	if i.Update != nil {
		return i.Update
	}
	return i.Create
}
