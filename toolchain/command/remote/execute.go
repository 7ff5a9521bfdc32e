package remote

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"kvmlab/command/script"
	"kvmlab/command/stream"
)

// killGrace is the time between SIGTERM and SIGKILL for a command whose operation was cancelled.
const killGrace = 5 * time.Second

const acceptEnvHint = "the SSH server must accept the variable (AcceptEnv); " +
	"or else put it before the command, as in `VAR=value command`"

// execute runs command on the machine and replaces the previous outputs by its own.
func execute(ctx context.Context, command string, in CommandInputs, out *stream.Outputs) error {
	client, err := in.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	if err := setEnvironment(ctx, session, in, *out); err != nil {
		return err
	}
	if in.Stdin != nil {
		session.Stdin = strings.NewReader(*in.Stdin)
	}

	logStdout, logStderr := in.Logging.streams()
	capture := stream.NewCapture(p.GetLogger(ctx).InfoStatus, logStdout, logStderr)
	session.Stdout, session.Stderr = capture.Stdout(), capture.Stderr()
	if err := runSession(ctx, client, session, command); err != nil {
		return capture.Failure(err, command)
	}
	*out = capture.Outputs()
	return nil
}

// setEnvironment fails where the user's variables are refused; the previous outputs are a courtesy
// and only worth a warning.
func setEnvironment(ctx context.Context, session *ssh.Session, in CommandInputs, previous stream.Outputs) error {
	if in.Environment != nil {
		for _, name := range slices.Sorted(maps.Keys(*in.Environment)) {
			if err := session.Setenv(name, (*in.Environment)[name]); err != nil {
				return fmt.Errorf("could not set environment variable %q: %w; %s", name, err, acceptEnvHint)
			}
		}
	}
	if in.AddPreviousOutputInEnv != nil && !*in.AddPreviousOutputInEnv {
		return nil
	}
	for _, variable := range []struct{ name, value string }{
		{script.EnvStdout, previous.Stdout},
		{script.EnvStderr, previous.Stderr},
	} {
		if variable.value == "" {
			continue
		}
		if err := session.Setenv(variable.name, variable.value); err != nil {
			p.GetLogger(ctx).Warningf("could not set environment variable %q: %v; %s", variable.name, err, acceptEnvHint)
		}
	}
	return nil
}

// runSession runs command to its end. When ctx ends, the remote process group is told to terminate,
// then killed, and the cause is the error.
func runSession(ctx context.Context, client *ssh.Client, session *ssh.Session, command string) error {
	if err := session.Start(command); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- session.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// OpenSSH does not deliver signals to root's commands; those see the connection close.
	_ = session.Signal(ssh.SIGTERM)
	select {
	case <-ended:
	case <-time.After(killGrace):
		_ = session.Signal(ssh.SIGKILL)
		client.Close()
		<-ended
	}
	return context.Cause(ctx)
}
