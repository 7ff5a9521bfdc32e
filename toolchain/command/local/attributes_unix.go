//go:build unix && !linux

package local

import "syscall"

// processAttributes puts the command in a group of its own, to be signalled as a whole.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
