package local

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test binary plays the plugin in TestAChildDoesNotOutliveThePlugin.
const playPlugin = "KVMLAB_TEST_PLAY_PLUGIN"

func TestMain(m *testing.M) {
	if script := os.Getenv(playPlugin); script != "" {
		fmt.Println(runProcess(context.Background(), exec.Command("/bin/sh", "-c", script), io.Discard, io.Discard))
		return
	}
	os.Exit(m.Run())
}

// run starts script, waits until it has written the given number of process ids to a file of its own,
// and returns them with what runProcess returned once the context was cancelled.
func cancelled(t *testing.T, script string, count int) ([]int, error) {
	t.Helper()
	pids := filepath.Join(t.TempDir(), "pids")
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Env = append(os.Environ(), "PIDS="+pids)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- runProcess(ctx, cmd, io.Discard, io.Discard) }()
	found := waitForPIDs(t, pids, count)
	cancel()
	select {
	case err := <-ended:
		return found, err
	case <-time.After(10 * time.Second):
		t.Fatal("the command was not ended")
		return nil, nil
	}
}

func waitForPIDs(t *testing.T, path string, count int) (pids []int) {
	t.Helper()
	require.Eventually(t, func() bool {
		content, err := os.ReadFile(path)
		pids = nil
		for _, field := range strings.Fields(string(content)) {
			pid, convErr := strconv.Atoi(field)
			require.NoError(t, convErr)
			pids = append(pids, pid)
		}
		return err == nil && len(pids) == count && strings.HasSuffix(string(content), "\n")
	}, 10*time.Second, 10*time.Millisecond)
	return pids
}

// running tells whether a process is there and not a zombie that waits for a parent which never asks.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func assertGone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		assert.Eventually(t, func() bool { return !running(pid) }, 5*time.Second, 10*time.Millisecond, "process %d", pid)
	}
}

func setKillGrace(t *testing.T, grace time.Duration) {
	previous := killGrace
	killGrace = grace
	t.Cleanup(func() { killGrace = previous })
}

// Cancelling terminates the whole group: the shell and what it started.
func TestCancellingTerminatesTheGroup(t *testing.T) {
	setKillGrace(t, time.Minute)
	pids, err := cancelled(t, `sleep 300 & echo $$ $! > "$PIDS"; wait`, 2)
	assert.ErrorIs(t, err, context.Canceled)
	assertGone(t, pids)
}

// A group that does not heed SIGTERM is killed after the grace time.
func TestCancellingKillsWhatDoesNotTerminate(t *testing.T) {
	setKillGrace(t, 300*time.Millisecond)
	pids, err := cancelled(t, `trap '' TERM; (sleep 300) & echo $$ $! > "$PIDS"; wait`, 2)
	assert.ErrorIs(t, err, context.Canceled)
	assertGone(t, pids)
}

// A process that left the group keeps the streams open; cancelling lets go of them.
func TestCancellingLetsGoOfStreams(t *testing.T) {
	setKillGrace(t, 300*time.Millisecond)
	pids, err := cancelled(t, `setsid sleep 300 & echo $! > "$PIDS"; exit 0`, 1)
	assert.ErrorIs(t, err, context.Canceled)
	require.NoError(t, syscall.Kill(pids[0], syscall.SIGKILL))
}

// A command that ends by itself has no such trouble, and its output is whole.
func TestOutputIsWhole(t *testing.T) {
	var stdout, stderr strings.Builder
	cmd := exec.Command("/bin/sh", "-c", "seq 100000; echo err >&2")
	require.NoError(t, runProcess(t.Context(), cmd, &stdout, &stderr))
	assert.Equal(t, 100000, strings.Count(stdout.String(), "\n"))
	assert.Equal(t, "err\n", stderr.String())
}

// The kernel kills the command when the plugin is killed.
func TestAChildDoesNotOutliveThePlugin(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	plugin := exec.Command(os.Args[0])
	plugin.Env = append(os.Environ(), playPlugin+"=echo $$ > "+pids+"; exec sleep 300")
	require.NoError(t, plugin.Start())
	child := waitForPIDs(t, pids, 1)
	assert.True(t, running(child[0]))
	require.NoError(t, plugin.Process.Kill())
	_ = plugin.Wait()
	assertGone(t, child)
}
