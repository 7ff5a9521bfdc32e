package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"kvmlab/command/script"
)

// Command is the resource command:local:Command.
//
// Its outputs depend on all inputs, the framework's default: a preview shows them as unknown when an
// input changes.
type Command struct{}

// CommandInputs are the arguments of a Command.
type CommandInputs struct {
	script.Lifecycle
	Inputs
}

// CommandOutputs are the state of a Command.
type CommandOutputs struct {
	CommandInputs
	Outputs
}

// Annotate describes the resource in the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command on the local machine that runs when the resource is created, updated or deleted.")
}

// Create runs the create command.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun && req.Inputs.Create != nil {
		err = execute(ctx, *req.Inputs.Create, state.Inputs, &state.Outputs)
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
		err = execute(ctx, *command, state.Inputs, &state.Outputs)
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
	return infer.DeleteResponse{}, execute(ctx, *req.State.Delete, req.State.Inputs, &outputs)
}
