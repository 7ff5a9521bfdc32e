package provider_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Create runs create; an update runs update, or create again where there is none; delete runs
// delete, if any.
func TestRemoteLifecycle(t *testing.T) {
	c := newClient(t)
	base := object{"connection": secret(startSSHD(t, "AcceptEnv PULUMI_COMMAND_*").connection())}
	both := with(base, object{"create": "echo create", "update": "echo update"})
	state := c.create(remoteCommand, both)
	assert.Equal(t, properties(with(both, object{"stdout": "create", "stderr": ""})), state)
	assert.Equal(t, "update", text(c.update(remoteCommand, state, with(both, object{"stdin": "x"})), "stdout"))

	alone := with(base, object{"create": "echo again"})
	assert.Equal(t, "again", text(c.update(remoteCommand, state, alone), "stdout"))
	assert.Equal(t, "create", text(c.update(remoteCommand, state, base), "stdout"),
		"an update with nothing to run keeps the outputs")

	gone := filepath.Join(t.TempDir(), "gone")
	outputs := object{"stdout": "out", "stderr": ""}
	c.delete(remoteCommand, properties(with(alone, outputs)))
	c.delete(remoteCommand, properties(with(base, with(outputs, object{"delete": "echo $PULUMI_COMMAND_STDOUT > " + gone}))))
	content, err := os.ReadFile(gone)
	require.NoError(t, err)
	assert.Equal(t, "out\n", string(content))
}

// A preview connects nowhere; the outputs of a new command are unknown, those of a changed one too,
// and not secret for a secret connection.
func TestRemotePreviewRunsNothing(t *testing.T) {
	c := newClient(t)
	inputs := object{"create": "true", "connection": secret(object{"host": "127.0.0.1", "port": freePort(t)})}
	outputs := object{"stdout": unknown(), "stderr": unknown()}
	resp, err := c.Create(p.CreateRequest{Urn: remoteCommand, Properties: properties(inputs), DryRun: true})
	require.NoError(t, err)
	assert.Equal(t, properties(with(inputs, outputs)), resp.Properties)

	state := properties(with(inputs, object{"create": "false", "stdout": "old", "stderr": "old"}))
	assert.Equal(t, properties(with(inputs, outputs)), c.preview(remoteCommand, state, inputs))
}

// One trailing newline is lost, and a failure quotes the command and both streams.
func TestRemoteStreams(t *testing.T) {
	c := newClient(t)
	connection := startSSHD(t, "LogLevel DEBUG2").connection()
	state := c.create(remoteCommand, object{"connection": connection, "create": "cat; echo; echo err >&2", "stdin": "in"})
	assert.Equal(t, "in", text(state, "stdout"))
	assert.Equal(t, "err", text(state, "stderr"))

	_, err := c.tryCreate(remoteCommand, object{"connection": connection, "create": "echo out; echo err >&2; exit 3"})
	assert.ErrorContains(t, err, "Process exited with status 3: running \"echo out; echo err >&2; exit 3\":\n")
	assert.ErrorContains(t, err, "out\n")
	assert.ErrorContains(t, err, "err\n")
}

// The environment passes where the server accepts it and is an error, without the value, where not.
func TestRemoteEnvironment(t *testing.T) {
	c := newClient(t)
	inputs := object{"create": `echo "$KVMLAB_ONE $KVMLAB_TWO"`, "environment": object{"KVMLAB_ONE": "1", "KVMLAB_TWO": "hidden"}}
	accepting := startSSHD(t, "AcceptEnv KVMLAB_*").connection()
	assert.Equal(t, "1 hidden", text(c.create(remoteCommand, with(inputs, object{"connection": accepting})), "stdout"))

	_, err := c.tryCreate(remoteCommand, with(inputs, object{"connection": startSSHD(t, "AcceptEnv KVMLAB_ONE").connection()}))
	assert.ErrorContains(t, err, `could not set environment variable "KVMLAB_TWO"`)
	assert.ErrorContains(t, err, "AcceptEnv")
	assert.NotContains(t, err.Error(), "hidden")
}

// The previous outputs are passed where the server accepts them; a refusal is a warning, once for
// each, and none where addPreviousOutputInEnv is false.
func TestRemotePreviousOutputs(t *testing.T) {
	c := newClient(t)
	command := object{"create": `echo "[$PULUMI_COMMAND_STDOUT][$PULUMI_COMMAND_STDERR]"`, "logging": "none"}
	outputs := object{"stdout": "out", "stderr": "err"}
	for name, test := range map[string]struct {
		settings []string
		inputs   object
		want     string
		warnings int
	}{
		"accepted":     {[]string{"AcceptEnv PULUMI_COMMAND_*"}, object{}, "[out][err]", 0},
		"asked for":    {[]string{"AcceptEnv PULUMI_COMMAND_*"}, object{"addPreviousOutputInEnv": true}, "[out][err]", 0},
		"switched off": {[]string{"AcceptEnv PULUMI_COMMAND_*"}, object{"addPreviousOutputInEnv": false}, "[][]", 0},
		"refused":      {nil, object{}, "[][]", 2},
		"not tried":    {nil, object{"addPreviousOutputInEnv": false}, "[][]", 0},
	} {
		t.Run(name, func(t *testing.T) {
			log := captureLog(t)
			inputs := with(with(command, test.inputs), object{"connection": startSSHD(t, test.settings...).connection()})
			state := c.update(remoteCommand, properties(with(inputs, outputs)), inputs)
			assert.Equal(t, test.want, text(state, "stdout"))
			warnings := log.messages(slog.LevelWarn)
			assert.Len(t, warnings, test.warnings)
			for _, warning := range warnings {
				assert.Contains(t, warning, "AcceptEnv")
			}
		})
	}
}

// The connection is a secret as a whole, whatever the program says.
func TestConnectionIsSecret(t *testing.T) {
	connection := object{"host": "kvm1", "password": "hidden"}
	for urn, inputs := range map[resource.URN]object{
		remoteCommand: {"create": "true"},
		copyToRemote:  {"source": textAsset(t, "x"), "remotePath": "x"},
		copyFile:      {"localPath": "x", "remotePath": "x"},
	} {
		resp, err := newClient(t).Check(p.CheckRequest{
			Urn: urn, Inputs: properties(with(inputs, object{"connection": connection})),
		})
		require.NoError(t, err)
		assert.Empty(t, resp.Failures)
		assert.True(t, resp.Inputs.Get("connection").Secret(), urn)
	}
}

// A cancelled operation tells the remote command to terminate.
func TestRemoteCancellationSignals(t *testing.T) {
	server := startPasswordServer(t, "password", "correct")
	err := cancel(t, server.started, object{
		"create": "wait", "connection": object{"host": "127.0.0.1", "port": server.port, "password": "correct"},
	})
	assert.ErrorContains(t, err, "context canceled: running \"wait\"")
	assert.Equal(t, "TERM", <-server.signals)
}

// OpenSSH delivers no signals to root's commands: cancelling disconnects after the grace time.
func TestRemoteCancellationDisconnects(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	ready := make(chan struct{})
	go func() {
		for !exists(started) {
			time.Sleep(10 * time.Millisecond)
		}
		close(ready)
	}()
	err := cancel(t, ready, object{
		"connection": startSSHD(t).connection(),
		// Ends by itself when the test's directory is gone.
		"create": fmt.Sprintf("trap '' TERM; touch %[1]s; while test -e %[1]s; do sleep 0.1; done", started),
	})
	assert.ErrorContains(t, err, "context canceled: running")
}

// cancel creates a command, cancels it once it has started, and returns the error it ended with.
func cancel(t *testing.T, started <-chan struct{}, inputs object) error {
	t.Helper()
	c := newClient(t)
	ended := make(chan error, 1)
	go func() {
		_, err := c.Create(p.CreateRequest{Urn: remoteCommand, Properties: properties(inputs)})
		ended <- err
	}()
	select {
	case <-started:
	case err := <-ended:
		t.Fatalf("ended before it was cancelled: %v", err)
	case <-time.After(15 * time.Second):
		t.Fatal("did not start")
	}
	require.NoError(t, c.Cancel())
	select {
	case err := <-ended:
		return err
	case <-time.After(15 * time.Second):
		t.Fatal("did not end")
		return nil
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
