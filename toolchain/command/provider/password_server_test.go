package provider_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// passwordServer is not OpenSSH: that one checks the passwords of the machine's own accounts, and a
// test must not make any; nor does it pass signals to commands of root.
type passwordServer struct {
	port    int
	config  *ssh.ServerConfig
	started chan struct{} // closed when a command has started that waits for a signal
	signals chan string
}

func startPasswordServer(t *testing.T, method, password string) *passwordServer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	check := func(given string) (*ssh.Permissions, error) {
		if given != password {
			return nil, errors.New("denied")
		}
		return nil, nil
	}
	config := &ssh.ServerConfig{}
	config.AddHostKey(signer)
	switch method {
	case "password":
		config.PasswordCallback = func(_ ssh.ConnMetadata, given []byte) (*ssh.Permissions, error) {
			return check(string(given))
		}
	case "keyboard-interactive":
		config.KeyboardInteractiveCallback = func(
			_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge,
		) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Password: "}, []bool{false})
			if err != nil {
				return nil, err
			}
			return check(answers[0])
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	server := &passwordServer{
		port: listener.Addr().(*net.TCPAddr).Port, config: config,
		started: make(chan struct{}), signals: make(chan string, 1),
	}
	go serve(listener, server.handle)
	return server
}

// handle answers `wait` when it gets a signal, and any other command at once.
func (s *passwordServer) handle(conn net.Conn) {
	_, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		for request := range requests {
			_ = request.Reply(request.Type == "exec", nil)
			var payload struct{ Text string }
			_ = ssh.Unmarshal(request.Payload, &payload)
			switch {
			case request.Type == "signal":
				s.signals <- payload.Text
			case payload.Text == "wait":
				close(s.started)
				continue
			}
			fmt.Fprintln(channel, "in")
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
			channel.Close()
		}
	}
}

// relay passes what conn says to the server on port and back.
func relay(conn net.Conn, port int) {
	server, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		defer server.Close()
		_, _ = io.Copy(server, conn)
	}()
	_, _ = io.Copy(conn, server)
}
