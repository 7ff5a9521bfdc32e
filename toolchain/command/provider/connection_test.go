package provider_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// login runs a command over connection and tells how that went.
func login(t *testing.T, connection object) error {
	t.Helper()
	state, err := newClient(t).tryCreate(remoteCommand, object{"connection": connection, "create": "echo in"})
	if err == nil {
		assert.Equal(t, "in", text(state, "stdout"))
	}
	return err
}

// without returns a copy of connection that lacks the named fields.
func without(connection object, fields ...string) object {
	rest := with(connection, nil)
	for _, field := range fields {
		delete(rest, field)
	}
	return rest
}

// The host key of any type that the server has is accepted, another one refused, and any where none
// is asked for.
func TestHostKey(t *testing.T) {
	server := startSSHD(t)
	for kind, line := range server.hostKeys {
		assert.NoError(t, login(t, with(server.connection(), object{"hostKey": line})), kind)
	}
	for kind, key := range hostKeys(t) {
		err := login(t, with(server.connection(), object{"hostKey": publicLine(t, key)}))
		assert.ErrorContains(t, err, "host key mismatch", kind)
	}
	assert.NoError(t, login(t, without(server.connection(), "hostKey")))
	assert.ErrorContains(t, login(t, with(server.connection(), object{"hostKey": "nonsense"})),
		"connection.hostKey: must be one line as in authorized_keys")
}

// An encrypted key needs its passphrase; no part of either is in an error.
func TestPrivateKeyPassword(t *testing.T) {
	server := startSSHD(t)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(server.signer, "", []byte("correct"))
	require.NoError(t, err)
	encrypted := with(server.connection(), object{"privateKey": string(pem.EncodeToMemory(block))})
	assert.NoError(t, login(t, with(encrypted, object{"privateKeyPassword": "correct"})))
	for _, connection := range []object{encrypted, with(encrypted, object{"privateKeyPassword": "hidden"})} {
		err := login(t, connection)
		assert.ErrorContains(t, err, "connection.privateKey: ")
		assert.NotContains(t, err.Error(), "hidden")
		assert.NotContains(t, err.Error(), "OPENSSH")
	}
}

// A key that the server does not know is refused.
func TestWrongPrivateKey(t *testing.T) {
	_, other, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	assert.ErrorContains(t, login(t, with(startSSHD(t).connection(), object{"privateKey": privatePEM(t, other)})),
		"unable to authenticate")
}

// The agent is the one of the connection, else that of SSH_AUTH_SOCK, and its keys are tried after
// the private key.
func TestAgent(t *testing.T) {
	server := startSSHD(t)
	socket := startAgent(t, server.signer)
	bare := without(server.connection(), "privateKey")
	_, other, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)

	assert.NoError(t, login(t, with(bare, object{"agentSocketPath": socket})))
	assert.NoError(t, login(t, with(bare, object{"agentSocketPath": socket, "privateKey": privatePEM(t, other)})))
	assert.ErrorContains(t, login(t, bare), "unable to authenticate")
	elsewhere := object{"agentSocketPath": startAgent(t, other)}
	assert.NoError(t, login(t, with(server.connection(), elsewhere)), "an agent does not displace the key")
	missing := filepath.Join(t.TempDir(), "missing")
	assert.ErrorContains(t, login(t, with(server.connection(), object{"agentSocketPath": missing})), "SSH agent: ")

	t.Setenv("SSH_AUTH_SOCK", socket)
	assert.NoError(t, login(t, bare))
	t.Setenv("SSH_AUTH_SOCK", missing)
	assert.ErrorContains(t, login(t, bare), "SSH agent: ")
	assert.NoError(t, login(t, server.connection()), "a stale variable does no harm where there is a key")
}

func startAgent(t *testing.T, key any) string {
	t.Helper()
	keyring := agent.NewKeyring()
	require.NoError(t, keyring.Add(agent.AddedKey{PrivateKey: key}))
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go serve(listener, func(conn net.Conn) { _ = agent.ServeAgent(keyring, conn) })
	return socket
}

func serve(listener net.Listener, handle func(net.Conn)) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			handle(conn)
		}()
	}
}

// A target behind a proxy is reached through it, by credentials and host keys of its own.
func TestProxy(t *testing.T) {
	target, proxy := startSSHD(t), startSSHD(t)
	through := func(jump object) object { return with(target.connection(), object{"proxy": jump}) }
	assert.NoError(t, login(t, through(proxy.connection())))

	state := newClient(t).create(remoteCommand, object{"connection": through(proxy.connection()), "create": "echo $SSH_CONNECTION"})
	assert.Contains(t, text(state, "stdout"), "127.0.0.1", "the target sees the proxy's address")

	err := login(t, through(with(proxy.connection(), object{"hostKey": target.hostKeys["ed25519"]})))
	assert.ErrorContains(t, err, "proxy: ")
	assert.ErrorContains(t, err, "host key mismatch")
	err = login(t, with(through(proxy.connection()), object{"hostKey": proxy.hostKeys["ed25519"]}))
	assert.ErrorContains(t, err, "host key mismatch")

	closed := startSSHD(t, "AllowTcpForwarding no")
	assert.ErrorContains(t, login(t, through(closed.connection())), "administratively prohibited",
		"the target is not reached but through the proxy")
}

// dialErrorLimit errors are forgiven, with ever longer waits in between; the next one is final.
func TestDialErrorLimit(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	attempts := make(chan time.Time, 100)
	go serve(listener, func(net.Conn) { attempts <- time.Now() })
	connection := object{"host": "127.0.0.1", "port": listener.Addr().(*net.TCPAddr).Port, "dialErrorLimit": 3, "password": "x"}

	log := captureLog(t)
	assert.ErrorContains(t, login(t, connection), "after 4 failed attempts: ")
	require.Len(t, attempts, 4)
	var gaps []time.Duration
	for previous := <-attempts; len(attempts) > 0; {
		next := <-attempts
		gaps = append(gaps, next.Sub(previous))
		previous = next
	}
	assert.IsIncreasing(t, gaps)
	assert.True(t, log.contains("3/3 failed, retrying"))

	assert.ErrorContains(t, login(t, with(connection, object{"dialErrorLimit": 0})), "after 1 failed attempts: ")
	assert.Len(t, attempts, 1)
}

// A machine that is not up yet is waited for; -1 forgives every error.
func TestAMachineThatComesUpLater(t *testing.T) {
	port := freePort(t)
	server := startSSHD(t)
	ready := make(chan error, 1)
	go func() { ready <- login(t, with(server.connection(), object{"port": port, "dialErrorLimit": -1})) }()
	time.Sleep(700 * time.Millisecond)
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	require.NoError(t, err)
	defer listener.Close()
	go serve(listener, func(conn net.Conn) { relay(conn, server.port) })
	select {
	case err := <-ready:
		assert.NoError(t, err)
	case <-time.After(15 * time.Second):
		t.Fatal("did not connect")
	}
}

// perDialTimeout bounds an attempt, that of a server which accepts and says nothing included.
func TestPerDialTimeout(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	done := make(chan struct{})
	defer close(done)
	go serve(listener, func(net.Conn) { <-done })
	began := time.Now()
	err = login(t, object{
		"host": "127.0.0.1", "port": listener.Addr().(*net.TCPAddr).Port, "dialErrorLimit": 0, "perDialTimeout": 1, "password": "x",
	})
	assert.ErrorContains(t, err, "no login after 1s")
	assert.Less(t, time.Since(began), 5*time.Second)
}

// Cancelling ends the wait for a machine that never comes.
func TestCancelWhileDialling(t *testing.T) {
	c := newClient(t)
	failed := make(chan error, 1)
	go func() {
		_, err := c.tryCreate(remoteCommand, object{
			"create": "true", "connection": object{"host": "127.0.0.1", "port": freePort(t), "dialErrorLimit": -1},
		})
		failed <- err
	}()
	time.Sleep(300 * time.Millisecond)
	require.NoError(t, c.Cancel())
	select {
	case err := <-failed:
		assert.ErrorContains(t, err, "context canceled")
	case <-time.After(5 * time.Second):
		t.Fatal("the operation did not end")
	}
}

// The password logs in by either method that asks for one, and is in no error.
func TestPassword(t *testing.T) {
	for _, method := range []string{"password", "keyboard-interactive"} {
		t.Run(method, func(t *testing.T) {
			port := startPasswordServer(t, method, "correct").port
			connection := object{"host": "127.0.0.1", "port": port, "user": "guest", "dialErrorLimit": 0}
			assert.NoError(t, login(t, with(connection, object{"password": "correct"})))
			err := login(t, with(connection, object{"password": "hidden"}))
			assert.ErrorContains(t, err, "unable to authenticate")
			assert.NotContains(t, err.Error(), "hidden")
		})
	}
}
