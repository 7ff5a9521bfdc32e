package provider_test

import (
	"os"
	"path/filepath"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Create runs create; an update runs update, or create again where there is none; delete runs
// delete, if any.
func TestLocalLifecycle(t *testing.T) {
	c := newClient(t)
	both := object{"create": "echo create", "update": "echo update"}
	state := c.create(localCommand, both)
	assert.Equal(t, properties(with(both, object{"stdout": "create", "stderr": ""})), state)
	assert.Equal(t, "update", text(c.update(localCommand, state, with(both, object{"stdin": "x"})), "stdout"))

	alone := object{"create": "echo again"}
	assert.Equal(t, "again", text(c.update(localCommand, state, alone), "stdout"))
	assert.Equal(t, "create", text(c.update(localCommand, state, object{"delete": "true"}), "stdout"),
		"an update with nothing to run keeps the outputs")
	assert.Equal(t, "", text(c.create(localCommand, object{"update": "echo update"}), "stdout"))

	gone := filepath.Join(t.TempDir(), "gone")
	c.delete(localCommand, properties(object{"create": "echo create", "stdout": "", "stderr": ""}))
	c.delete(localCommand, properties(object{"delete": "echo $PULUMI_COMMAND_STDOUT > " + gone, "stdout": "out", "stderr": ""}))
	content, err := os.ReadFile(gone)
	require.NoError(t, err)
	assert.Equal(t, "out\n", string(content))
}

// A preview runs nothing: outputs of a new command are unknown, those of a changed one too.
func TestLocalPreviewRunsNothing(t *testing.T) {
	c := newClient(t)
	touched := filepath.Join(t.TempDir(), "touched")
	inputs := object{"create": "touch " + touched}
	resp, err := c.Create(p.CreateRequest{Urn: localCommand, Properties: properties(inputs), DryRun: true})
	require.NoError(t, err)
	outputs := object{"stdout": unknown(), "stderr": unknown()}
	assert.Equal(t, properties(with(inputs, outputs)), resp.Properties)

	state := properties(with(object{"create": "true"}, object{"stdout": "old", "stderr": "old"}))
	assert.Equal(t, properties(with(inputs, outputs)), c.preview(localCommand, state, inputs))
	assert.NoFileExists(t, touched)
}

// A failure is an error that quotes the command and both streams.
func TestLocalFailure(t *testing.T) {
	_, err := newClient(t).tryCreate(localCommand, object{"create": "echo out; echo err >&2; exit 3"})
	assert.ErrorContains(t, err, "exit status 3: running \"echo out; echo err >&2; exit 3\":\n")
	assert.ErrorContains(t, err, "out\n")
	assert.ErrorContains(t, err, "err\n")
}

// Standard input, environment and directory reach the command, by /bin/sh unless told otherwise.
func TestLocalArguments(t *testing.T) {
	t.Setenv("KVMLAB_INHERITED", "inherited")
	c := newClient(t)
	dir := t.TempDir()
	state := c.create(localCommand, object{
		"create":      `cat; pwd; echo "$0 $KVMLAB_INHERITED $KVMLAB_OWN"`,
		"stdin":       "input\n",
		"dir":         dir,
		"environment": object{"KVMLAB_OWN": "own"},
	})
	assert.Equal(t, "input\n"+dir+"\n/bin/sh inherited own", text(state, "stdout"))

	state = c.create(localCommand, object{"interpreter": []any{"/usr/bin/printf", "<%s>"}, "create": "as one argument"})
	assert.Equal(t, "<as one argument>", text(state, "stdout"))

	_, err := c.tryCreate(localCommand, object{"create": "true", "dir": filepath.Join(dir, "missing")})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// The previous outputs are in the environment of an update, unless addPreviousOutputInEnv is false.
func TestLocalPreviousOutputs(t *testing.T) {
	c := newClient(t)
	inputs := object{"create": `echo "[$PULUMI_COMMAND_STDOUT][$PULUMI_COMMAND_STDERR]"`}
	state := properties(with(inputs, object{"stdout": "out", "stderr": "err"}))
	assert.Equal(t, "[][]", text(c.create(localCommand, inputs), "stdout"))
	for _, given := range []object{{}, {"addPreviousOutputInEnv": true}} {
		assert.Equal(t, "[out][err]", text(c.update(localCommand, state, with(inputs, given)), "stdout"))
	}
	off := with(inputs, object{"addPreviousOutputInEnv": false})
	assert.Equal(t, "[][]", text(c.update(localCommand, state, off), "stdout"))
}

// Secret inputs stay secret in the state; the streams are not secret by themselves, as the SDK's
// documentation of `logging` says, and inputs are never logged.
func TestLocalSecrets(t *testing.T) {
	log := captureLog(t)
	inputs := object{
		"create": "true", "stdin": secret("hidden-stdin"), "environment": secret(object{"KEY": "hidden-value"}),
		"interpreter": []any{"/bin/sh", secret("-c")},
	}
	assert.Equal(t, properties(with(inputs, object{"stdout": "", "stderr": ""})), newClient(t).create(localCommand, inputs))
	_, err := newClient(t).tryCreate(localCommand, with(inputs, object{"create": "exit 1"}))
	assert.ErrorContains(t, err, "exit 1")
	assert.NotContains(t, err.Error(), "hidden")
	assert.False(t, log.contains("hidden"))
}

// local.run runs the command whenever it is called and returns its arguments with the outputs.
func TestLocalRun(t *testing.T) {
	args := object{
		"command": "cat; echo err >&2; echo $KEY", "stdin": "in\n", "environment": object{"KEY": "value"},
		"logging": "none", "dir": t.TempDir(), "interpreter": []any{"/bin/sh", "-c"},
	}
	resp, err := newClient(t).Invoke(p.InvokeRequest{Token: "command:local:run", Args: properties(args)})
	require.NoError(t, err)
	assert.Equal(t, properties(with(args, object{"stdout": "in\nvalue", "stderr": "err"})), resp.Return)

	_, err = newClient(t).Invoke(p.InvokeRequest{Token: "command:local:run", Args: properties(object{"command": "exit 4"})})
	assert.ErrorContains(t, err, `exit status 4: running "exit 4"`)
}

// assetPaths and archivePaths return the files that the command left, by the SDK's glob rules.
func TestLocalFiles(t *testing.T) {
	state := newClient(t).create(localCommand, object{
		"dir": t.TempDir(),
		"create": "mkdir -p assets/logos src/deep && " +
			"touch assets/logos/logo.svg src/index.js src/secret.js src/deep/a.js top.txt",
		"assetPaths":   []any{"assets/**", "src/**.js", "!**secret.*"},
		"archivePaths": []any{"src/*.js", "*.txt"},
	})
	assert.ElementsMatch(t, []string{"assets/logos/logo.svg", "src/index.js", "src/deep/a.js"},
		names(state.Get("assets").AsMap().AsMap()))
	assert.ElementsMatch(t, []string{"src/index.js", "src/secret.js", "top.txt"},
		names(state.Get("archive").AsArchive().Assets))
	assert.True(t, state.Get("assets").AsMap().Get("src/index.js").IsAsset())
}

func names[T any](m map[string]T) []string {
	found := make([]string, 0, len(m))
	for name := range m {
		found = append(found, name)
	}
	return found
}
