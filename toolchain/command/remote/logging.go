package remote

import "github.com/pulumi/pulumi-go-provider/infer"

// Logging selects the streams that are logged while a command runs; the outputs hold both anyway.
// Each module of the schema has a Logging type of its own, so there is a second one in local.
type Logging string

// The values of Logging.
const (
	LogStdout          Logging = "stdout"
	LogStderr          Logging = "stderr"
	LogStdoutAndStderr Logging = "stdoutAndStderr"
	LogNone            Logging = "none"
)

// Values lists the enum for the schema.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: "stdout", Value: LogStdout, Description: "Log stdout only"},
		{Name: "stderr", Value: LogStderr, Description: "Log stderr only"},
		{Name: "stdoutAndStderr", Value: LogStdoutAndStderr, Description: "Log stdout and stderr"},
		{Name: "none", Value: LogNone, Description: "Log nothing"},
	}
}

// streams tells which of stdout and stderr are logged; nil stands for the default, both.
func (l *Logging) streams() (stdout, stderr bool) {
	if l == nil {
		return true, true
	}
	return *l == LogStdout || *l == LogStdoutAndStderr, *l == LogStderr || *l == LogStdoutAndStderr
}
