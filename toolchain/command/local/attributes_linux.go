package local

import "syscall"

// processAttributes puts the command in a group of its own, to be signalled as a whole, and has the
// kernel kill it should the plugin die without a chance to do so.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
