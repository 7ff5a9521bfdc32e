package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function command:local:run.
type Run struct{}

// RunInputs are the arguments of Run.
type RunInputs struct {
	Inputs
	Command string `pulumi:"command"`
}

// Annotate describes the arguments in the schema.
func (i *RunInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Command, "The command to run.")
}

// RunOutputs are the results of Run, the arguments among them.
type RunOutputs struct {
	RunInputs
	Outputs
}

// Annotate describes the function in the schema.
func (r *Run) Annotate(a infer.Annotator) {
	a.Describe(&r, "A command on the local machine that runs on every preview and every deployment.")
}

// Invoke runs the command.
func (*Run) Invoke(
	ctx context.Context, req infer.FunctionRequest[RunInputs],
) (infer.FunctionResponse[RunOutputs], error) {
	outputs := RunOutputs{RunInputs: req.Input}
	err := execute(ctx, req.Input.Command, req.Input.Inputs, &outputs.Outputs)
	return infer.FunctionResponse[RunOutputs]{Output: outputs}, err
}
