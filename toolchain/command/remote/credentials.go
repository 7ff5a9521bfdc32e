package remote

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// clientConfig turns the endpoint into the SSH client's settings. The caller calls release once
// connected. Errors are of the kind that no other attempt will mend.
func (e Endpoint) clientConfig() (config *ssh.ClientConfig, release func(), err error) {
	config = &ssh.ClientConfig{User: e.user()}
	if err := e.checkHostKey(config); err != nil {
		return nil, nil, err
	}
	signers, release, err := e.signers()
	if err != nil {
		return nil, nil, err
	}
	// The client tries each method once, so all keys must come from one of them.
	if signers != nil {
		config.Auth = append(config.Auth, ssh.PublicKeysCallback(signers))
	}
	if e.Password != nil {
		config.Auth = append(config.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(e.answer))
	}
	return config, release, nil
}

func (e Endpoint) checkHostKey(config *ssh.ClientConfig) error {
	if e.HostKey == nil {
		config.HostKeyCallback = ssh.InsecureIgnoreHostKey()
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return fmt.Errorf("connection.hostKey: must be one line as in authorized_keys: %w", err)
	}
	config.HostKeyCallback = ssh.FixedHostKey(key)
	// A server has keys of several types; ask for the one that we can compare.
	config.HostKeyAlgorithms = []string{key.Type()}
	if key.Type() == ssh.KeyAlgoRSA {
		config.HostKeyAlgorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return nil
}

// signers returns the private key, then those of the agent; nil if there is neither.
func (e Endpoint) signers() (func() ([]ssh.Signer, error), func(), error) {
	var keys []ssh.Signer
	if e.PrivateKey != nil {
		key, err := e.parsePrivateKey()
		if err != nil {
			return nil, nil, fmt.Errorf("connection.privateKey: %w", err)
		}
		keys = append(keys, key)
	}
	socket, err := e.dialAgent()
	if err != nil {
		return nil, nil, err
	}
	if socket == nil {
		if keys == nil {
			return nil, func() {}, nil
		}
		return func() ([]ssh.Signer, error) { return keys, nil }, func() {}, nil
	}
	all := func() ([]ssh.Signer, error) {
		held, err := agent.NewClient(socket).Signers()
		if err != nil && len(keys) == 0 {
			return nil, fmt.Errorf("SSH agent: %w", err)
		}
		return append(keys[:len(keys):len(keys)], held...), nil
	}
	return all, func() { socket.Close() }, nil
}

func (e Endpoint) parsePrivateKey() (ssh.Signer, error) {
	if e.PrivateKeyPassword != nil {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(*e.PrivateKey), []byte(*e.PrivateKeyPassword))
	}
	return ssh.ParsePrivateKey([]byte(*e.PrivateKey))
}

// dialAgent connects to the agent that the connection or the environment names, nil if neither
// does. An agent of the environment that is gone matters only where nothing else was given.
func (e Endpoint) dialAgent() (net.Conn, error) {
	path := valueOr(e.AgentSocketPath, os.Getenv("SSH_AUTH_SOCK"))
	if path == "" {
		return nil, nil
	}
	socket, err := net.Dial("unix", path)
	if err == nil {
		return socket, nil
	}
	if e.AgentSocketPath == nil && (e.PrivateKey != nil || e.Password != nil) {
		return nil, nil
	}
	return nil, fmt.Errorf("SSH agent: %w", err)
}

// answer gives the password to every question of a keyboard-interactive login.
func (e Endpoint) answer(_, _ string, questions []string, _ []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range answers {
		answers[i] = *e.Password
	}
	return answers, nil
}
