package provider_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// sshd is a real OpenSSH server on a port of the loopback interface.
type sshd struct {
	port     int
	hostKeys map[string]string // by type, as lines of authorized_keys
	key      string            // the private key that logs in
	signer   crypto.PrivateKey
}

// startSSHD runs sshd with host keys and a client key of its own until the test ends; settings are
// further lines of its configuration.
func startSSHD(t *testing.T, settings ...string) *sshd {
	t.Helper()
	binary := sshdBinary(t)
	port := freePort(t)
	dir := t.TempDir()
	s := &sshd{port: port, hostKeys: map[string]string{}}
	_, s.signer, _ = ed25519.GenerateKey(rand.Reader)
	s.key = privatePEM(t, s.signer)
	config := []string{
		"ListenAddress 127.0.0.1:" + strconv.Itoa(port),
		"AuthorizedKeysFile " + writeFile(t, dir, "authorized_keys", publicLine(t, s.signer)),
		"PidFile none", "StrictModes no", "UsePAM no", "PermitRootLogin yes", "PasswordAuthentication no",
		"KbdInteractiveAuthentication no", "Subsystem sftp internal-sftp", "MaxStartups 100",
	}
	for kind, key := range hostKeys(t) {
		s.hostKeys[kind] = publicLine(t, key)
		config = append(config, "HostKey "+writeFile(t, dir, "host_"+kind, privatePEM(t, key)))
	}
	path := writeFile(t, dir, "sshd_config", strings.Join(append(config, settings...), "\n")+"\n")

	log := writeFile(t, dir, "log", "")
	cmd := exec.Command(binary, "-D", "-E", log, "-f", path)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if !answers(port) {
		said, _ := os.ReadFile(log)
		t.Fatalf("sshd did not start:\n%s", said)
	}
	return s
}

// sshdBinary fails rather than skips: without a server most of this plugin is untested.
func sshdBinary(t *testing.T) string {
	t.Helper()
	for _, candidate := range []string{"sshd", "/usr/sbin/sshd", "/usr/local/sbin/sshd"} {
		if path, err := exec.LookPath(candidate); err == nil {
			if os.Geteuid() == 0 {
				// The directory that sshd locks its unprivileged child into, made at boot otherwise.
				require.NoError(t, os.MkdirAll("/run/sshd", 0o755))
			}
			return path
		}
	}
	t.Fatal("sshd: must be installed for these tests; on Debian: apt-get install openssh-server")
	return ""
}

func answers(port int) bool {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			conn.Close()
			return true
		}
	}
	return false
}

// connection logs in by key and checks the host key.
func (s *sshd) connection() object {
	return object{
		"host": "127.0.0.1", "port": s.port, "user": currentUser(),
		"privateKey": s.key, "hostKey": s.hostKeys["ed25519"], "dialErrorLimit": 0, "perDialTimeout": 15,
	}
}

func currentUser() string {
	current, err := user.Current()
	if err != nil {
		panic(err)
	}
	return current.Username
}

func hostKeys(t *testing.T) map[string]crypto.PrivateKey {
	t.Helper()
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return map[string]crypto.PrivateKey{"ed25519": edwards, "ecdsa": curve, "rsa": large}
}

func privatePEM(t *testing.T, key crypto.PrivateKey) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	require.NoError(t, err)
	return string(pem.EncodeToMemory(block))
}

func publicLine(t *testing.T, key crypto.PrivateKey) string {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	return string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
}

func writeFile(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
