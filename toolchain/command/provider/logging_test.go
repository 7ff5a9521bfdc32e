package provider_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The logging mode picks the streams that are logged line by line; both are outputs in any case.
func TestLoggingModes(t *testing.T) {
	sshd := startSSHD(t)
	for mode, want := range map[string][]string{
		"":                {"out 1", "out 2", "err"},
		"stdout":          {"out 1", "out 2"},
		"stderr":          {"err"},
		"stdoutAndStderr": {"out 1", "out 2", "err"},
		"none":            nil,
	} {
		inputs := object{"create": "echo out 1; echo out 2; echo err >&2"}
		if mode != "" {
			inputs["logging"] = mode
		}
		t.Run("local "+mode, func(t *testing.T) {
			log := captureLog(t)
			state := newClient(t).create(localCommand, inputs)
			assert.ElementsMatch(t, want, log.messages(slog.LevelInfo))
			assert.Equal(t, properties(with(inputs, object{"stdout": "out 1\nout 2", "stderr": "err"})), state)
		})
		t.Run("remote "+mode, func(t *testing.T) {
			log := captureLog(t)
			state := newClient(t).create(remoteCommand, with(inputs, object{"connection": sshd.connection()}))
			assert.ElementsMatch(t, want, log.messages(slog.LevelInfo))
			assert.Equal(t, "out 1\nout 2", text(state, "stdout"))
			assert.Equal(t, "err", text(state, "stderr"))
		})
	}
}
