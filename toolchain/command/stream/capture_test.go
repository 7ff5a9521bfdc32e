package stream

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// One trailing newline is lost, and only one.
func TestOutputsLoseOneTrailingNewline(t *testing.T) {
	for written, want := range map[string]string{"": "", "a": "a", "a\n": "a", "a\n\n": "a\n", "\n": "", "a\r\n": "a\r"} {
		c := NewCapture(nil, false, false)
		fmt.Fprint(c.Stdout(), written)
		fmt.Fprint(c.Stderr(), written)
		assert.Equal(t, Outputs{Stdout: want, Stderr: want}, c.Outputs(), "%q", written)
	}
}

// Lines are logged when they are complete, the last one at the end.
func TestLinesAreLoggedAsTheyComplete(t *testing.T) {
	var lines []string
	c := NewCapture(func(line string) { lines = append(lines, line) }, true, true)
	fmt.Fprint(c.Stdout(), "one\ntw")
	assert.Equal(t, []string{"one"}, lines)
	fmt.Fprint(c.Stderr(), "other\n")
	fmt.Fprint(c.Stdout(), "o\r\n\nthree")
	assert.Equal(t, []string{"one", "other", "two", ""}, lines)
	c.Outputs()
	assert.Equal(t, []string{"one", "other", "two", "", "three"}, lines)
}

// A line of any length is one line.
func TestALongLineIsLoggedWhole(t *testing.T) {
	var lines []string
	c := NewCapture(func(line string) { lines = append(lines, line) }, true, false)
	long := strings.Repeat("x", 1<<20)
	fmt.Fprintln(c.Stdout(), long)
	assert.Equal(t, []string{long}, lines)
}

// A failure quotes the command and both streams in order of arrival.
func TestAFailureQuotesCommandAndStreams(t *testing.T) {
	c := NewCapture(nil, false, false)
	fmt.Fprintln(c.Stdout(), "first")
	fmt.Fprintln(c.Stderr(), "second")
	cause := errors.New("exit status 3")
	err := c.Failure(cause, `say "hi"`)
	assert.EqualError(t, err, "exit status 3: running \"say \\\"hi\\\"\":\nfirst\nsecond\n")
	assert.ErrorIs(t, err, cause)
}

// Bytes that are not UTF-8 are replaced, for the engine's protocol cannot carry them.
func TestInvalidUTF8IsReplaced(t *testing.T) {
	var lines []string
	c := NewCapture(func(line string) { lines = append(lines, line) }, true, true)
	fmt.Fprint(c.Stdout(), "a\xff\n")
	assert.Equal(t, "a\uFFFD", c.Outputs().Stdout)
	assert.Equal(t, []string{"a\uFFFD"}, lines)
}
