package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"kvmlab/command/script"
	"kvmlab/command/stream"
)

// Command is the resource command:remote:Command.
//
// Its outputs depend on all inputs, the framework's default: a preview shows them as unknown when an
// input changes.
type Command struct{}

// CommandInputs are the arguments of a Command.
type CommandInputs struct {
	script.Lifecycle
	Connection             Connection         `pulumi:"connection" provider:"secret"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// CommandOutputs are the state of a Command.
type CommandOutputs struct {
	CommandInputs
	stream.Outputs
}

// Annotate describes the resource in the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command on a remote machine that runs when the resource is created, updated or deleted.")
}

// Annotate describes the arguments in the schema.
func (i *CommandInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Connection, "How to connect to the machine.")
	a.Describe(&i.Environment, "Variables for the command; the SSH server must accept them (AcceptEnv).")
	a.Describe(&i.Stdin, "The standard input of the command.")
	a.Describe(&i.Logging, "Which streams to log while the command runs; both by default.")
	a.Describe(&i.AddPreviousOutputInEnv,
		"Whether the previous run's outputs are passed as PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR; true by default.")
}

// Create runs the create command.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun && req.Inputs.Create != nil {
		err = execute(ctx, *req.Inputs.Create, req.Inputs, &state.Outputs)
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update runs the update command, or the create command where there is none.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs, Outputs: req.State.Outputs}
	var err error
	if command := req.Inputs.OnUpdate(); command != nil && !req.DryRun {
		err = execute(ctx, *command, req.Inputs, &state.Outputs)
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs the delete command, if any.
func (*Command) Delete(
	ctx context.Context, req infer.DeleteRequest[CommandOutputs],
) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	outputs := req.State.Outputs
	return infer.DeleteResponse{}, execute(ctx, *req.State.Delete, req.State.CommandInputs, &outputs)
}
