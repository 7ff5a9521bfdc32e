package local

import (
	"context"
	"os"
	"os/exec"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"

	"kvmlab/command/script"
	"kvmlab/command/stream"
)

// execute runs command and replaces the previous outputs by its own.
func execute(ctx context.Context, command string, in Inputs, out *Outputs) error {
	dir, err := in.directory()
	if err != nil {
		return err
	}
	argv := append(in.interpreter(), command)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = in.environ(out.Outputs)
	if in.Stdin != nil && *in.Stdin != "" {
		cmd.Stdin = strings.NewReader(*in.Stdin)
	}

	logStdout, logStderr := in.Logging.streams()
	capture := stream.NewCapture(p.GetLogger(ctx).InfoStatus, logStdout, logStderr)
	if err := runProcess(ctx, cmd, capture.Stdout(), capture.Stderr()); err != nil {
		return capture.Failure(err, command)
	}
	out.Outputs = capture.Outputs()
	return collect(dir, in, out)
}

func (i Inputs) directory() (string, error) {
	if i.Dir != nil {
		return *i.Dir, nil
	}
	return os.Getwd()
}

func (i Inputs) interpreter() []string {
	if i.Interpreter != nil && len(*i.Interpreter) > 0 {
		return append([]string{}, *i.Interpreter...)
	}
	return []string{"/bin/sh", "-c"}
}

// environ is the plugin's environment, then the user's variables, then the previous outputs.
func (i Inputs) environ(previous stream.Outputs) []string {
	env := os.Environ()
	if i.Environment != nil {
		for name, value := range *i.Environment {
			env = append(env, name+"="+value)
		}
	}
	if i.AddPreviousOutputInEnv != nil && !*i.AddPreviousOutputInEnv {
		return env
	}
	if previous.Stdout != "" {
		env = append(env, script.EnvStdout+"="+previous.Stdout)
	}
	if previous.Stderr != "" {
		env = append(env, script.EnvStderr+"="+previous.Stderr)
	}
	return env
}
