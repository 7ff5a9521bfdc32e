// Package stream collects what a command writes.
package stream

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Outputs are the streams of a finished command, each without one trailing newline.
type Outputs struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate describes the outputs in the schema.
func (o *Outputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Stdout, "The standard output of the command, without one trailing newline.")
	a.Describe(&o.Stderr, "The standard error of the command, without one trailing newline.")
}

// Capture keeps each stream for the outputs, both in order of arrival for an error message, and
// hands complete lines to a log as they come.
type Capture struct {
	mu     sync.Mutex
	stdout channel
	stderr channel
	both   bytes.Buffer
}

// NewCapture returns a Capture that logs the lines of the chosen streams.
func NewCapture(log func(line string), logStdout, logStderr bool) *Capture {
	c := &Capture{}
	c.stdout.capture, c.stderr.capture = c, c
	if logStdout {
		c.stdout.log = log
	}
	if logStderr {
		c.stderr.log = log
	}
	return c
}

// Stdout is where the command's standard output goes.
func (c *Capture) Stdout() io.Writer { return &c.stdout }

// Stderr is where the command's standard error goes.
func (c *Capture) Stderr() io.Writer { return &c.stderr }

// Outputs logs what is left of unfinished lines and returns both streams.
func (c *Capture) Outputs() Outputs {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stdout.flush()
	c.stderr.flush()
	return Outputs{Stdout: c.stdout.text(), Stderr: c.stderr.text()}
}

// Failure is the error of a command that ended with err; it quotes the command and both streams.
func (c *Capture) Failure(err error, command string) error {
	c.Outputs()
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Errorf("%w: running %q:\n%s", err, command, valid(c.both.String()))
}

type channel struct {
	capture *Capture
	kept    bytes.Buffer
	line    bytes.Buffer
	log     func(string)
}

// Write implements io.Writer.
func (ch *channel) Write(p []byte) (int, error) {
	ch.capture.mu.Lock()
	defer ch.capture.mu.Unlock()
	ch.capture.both.Write(p)
	ch.kept.Write(p)
	if ch.log == nil {
		return len(p), nil
	}
	ch.line.Write(p)
	for {
		end := bytes.IndexByte(ch.line.Bytes(), '\n')
		if end < 0 {
			return len(p), nil
		}
		ch.log(valid(strings.TrimSuffix(string(ch.line.Next(end + 1)[:end]), "\r")))
	}
}

func (ch *channel) flush() {
	if ch.line.Len() > 0 {
		ch.log(valid(ch.line.String()))
		ch.line.Reset()
	}
}

func (ch *channel) text() string { return valid(strings.TrimSuffix(ch.kept.String(), "\n")) }

// valid makes text that the engine's protocol can carry: it refuses bytes that are not UTF-8, which
// would lose the outputs of a command that has run already.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
