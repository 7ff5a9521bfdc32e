// Package remote runs commands on and copies files to machines over SSH.
package remote

import (
	"net"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
)

const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultDialTimeout    = 15
)

// Connection says how to reach a machine, directly or through a proxy.
type Connection struct {
	Endpoint
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// ProxyConnection says how to reach the machine that connects us with the target.
type ProxyConnection struct {
	Endpoint
}

// Endpoint is one SSH server and the credentials for it.
type Endpoint struct {
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional"`
	Host               string   `pulumi:"host"`
	Port               *float64 `pulumi:"port,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
}

// Annotate describes the connection in the schema.
func (c *Connection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to connect to a machine.")
	a.Describe(&c.Proxy, "The machine to connect through.")
}

// Annotate describes the proxy in the schema.
func (c *ProxyConnection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to connect to the machine that leads to the target.")
}

// Annotate describes the endpoint's fields in the schema and sets their defaults.
func (e *Endpoint) Annotate(a infer.Annotator) {
	a.Describe(&e.User, "The user to log in as.")
	a.Describe(&e.Password, "The user's password.")
	a.Describe(&e.Host, "The address of the machine.")
	a.Describe(&e.Port, "The port of its SSH server.")
	a.Describe(&e.PrivateKey, "The text of a private key, tried before the password.")
	a.Describe(&e.PrivateKeyPassword, "The passphrase of the private key.")
	a.Describe(&e.AgentSocketPath, "The socket of an SSH agent; SSH_AUTH_SOCK by default.")
	a.Describe(&e.HostKey, "The key that the server must show, one line as in authorized_keys; any key is accepted without it.")
	a.Describe(&e.DialErrorLimit, "How many failed attempts to connect are forgiven; -1 for all.")
	a.Describe(&e.PerDialTimeout, "Seconds that one attempt to connect may take; 0 for no limit.")
	a.SetDefault(&e.User, defaultUser)
	a.SetDefault(&e.Port, defaultPort)
	a.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	a.SetDefault(&e.PerDialTimeout, defaultDialTimeout)
}

// The engine may send a state that never went through the schema's defaults, so each is applied
// where it is read, too.

func (e Endpoint) user() string { return valueOr(e.User, defaultUser) }

func (e Endpoint) address() string {
	return net.JoinHostPort(e.Host, strconv.Itoa(int(valueOr(e.Port, defaultPort))))
}

func (e Endpoint) errorLimit() int { return valueOr(e.DialErrorLimit, defaultDialErrorLimit) }

func (e Endpoint) timeout() time.Duration {
	return time.Duration(valueOr(e.PerDialTimeout, defaultDialTimeout)) * time.Second
}

func valueOr[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}
