package local

import (
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// killGrace is the time between SIGTERM and SIGKILL for a command whose operation was cancelled.
var killGrace = 5 * time.Second

// runProcess runs cmd in a process group of its own and copies its output until it ends. When ctx
// ends, the group is told to terminate, then killed, and the cause is the error.
func runProcess(ctx context.Context, cmd *exec.Cmd, stdout, stderr io.Writer) error {
	// The kernel sends the parent-death signal when the thread that started the child ends, so the
	// thread must live as long as the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	cmd.SysProcAttr = processAttributes()
	// Pipes of our own rather than those of os/exec: a process that left the group may hold them
	// open after the others were killed, and then we must be able to let go.
	out, err := newPump(stdout)
	if err != nil {
		return err
	}
	errs, err := newPump(stderr)
	if err != nil {
		out.close()
		return err
	}
	cmd.Stdout, cmd.Stderr = out.write, errs.write
	if err := cmd.Start(); err != nil {
		out.close()
		errs.close()
		return err
	}

	ended := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-ended:
			return
		case <-ctx.Done():
		}
		signalGroup(cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(killGrace):
		}
		signalGroup(cmd.Process.Pid, syscall.SIGKILL)
		out.read.Close()
		errs.read.Close()
	})
	err = cmd.Wait()
	out.drain()
	errs.drain()
	close(ended)
	watch.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// signalGroup ignores errors: a group that is gone is what the signal is for.
func signalGroup(pid int, signal syscall.Signal) { _ = syscall.Kill(-pid, signal) }

// pump copies what is written to its pipe.
type pump struct {
	read, write *os.File
	done        chan struct{}
}

func newPump(to io.Writer) (*pump, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &pump{read: read, write: write, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		// The copy ends with the last writer or when the pipe is closed; neither is a failure.
		_, _ = io.Copy(to, read)
	}()
	return p, nil
}

// drain waits until every writer has closed the pipe.
func (p *pump) drain() {
	p.write.Close()
	<-p.done
	p.read.Close()
}

func (p *pump) close() {
	p.write.Close()
	p.read.Close()
}
